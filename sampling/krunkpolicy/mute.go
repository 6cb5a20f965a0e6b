package main

import "flag"

func muteCommand() command {
	return kindCommand(command{
		name: "mute", args: "-kind KIND [-for 168h] [-rate N/h] [-panics] [-o FILE] FILE | -kind KIND -end [-o FILE] FILE",
		short: "make the next version in which one issue is quiet, for a while",
		long: `
Mute writes the next version of the policy in which issues of one kind stay on the machine: that is the tag krunk.kind of
an event. The first of each client and day is sent all the same, and tells how many there were; with -rate so many
are. Panics of the kind go on unless -panics says otherwise. What was kept back is told by client reports ("ignored").
-end takes a mute out before its time. FILE is what runs now.`,
	}, "let so many through, such as `5/h`, of each client", func(*flag.FlagSet, *kindRule) {})
}
