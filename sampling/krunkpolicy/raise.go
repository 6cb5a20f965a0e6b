package main

import "flag"

func raiseCommand() command {
	return kindCommand(command{
		name: "raise", args: "-kind KIND -clients PERCENT [-rate N/h] [-for 168h] [-panics] [-o FILE] FILE | -kind KIND -end [-o FILE] FILE",
		short: "make the next version in which a share of all clients sends every event of one issue",
		long: `
Raise writes the next version of the policy in which a share of all clients sends every event of one kind, the tag krunk.kind of
an event: whatever shares, rates and "records" of the policy say, and the others send none. The share is drawn as that of
the policy, so it takes in the same clients first. This costs volume; -rate bounds what one client sends. The ceiling, the kill
switch and the limits of the client hold. Panics of the kind are left as they are unless -panics says otherwise, which matters
where "panics" is below 100. -end takes a raise out before its time. FILE is what runs now.`,
	}, "at most so many, such as `20/h`, of each client", func(f *flag.FlagSet, m *kindRule) {
		f.Float64Var(&m.clients, "clients", 0, "`percent` of all clients, above 0, at most 100 and four decimals")
	})
}
