package main

import (
	"flag"
	"fmt"
	buildinfo "runtime/debug"
)

func versionCommand() command {
	return command{
		name: "version", args: "", short: "say which version of krunkpolicy this is",
		long: "Version prints the version of the module that krunkpolicy was built from, and the commit if it was built in a checkout.",
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			return func(args []string) error {
				if err := wantArgs(args, 0, "none"); err != nil {
					return err
				}
				_, err := fmt.Fprintln(s.out, "krunkpolicy "+build())
				return err
			}
		},
	}
}

func build() string {
	b, ok := buildinfo.ReadBuildInfo()
	if !ok {
		return "(not known)"
	}
	v := b.Main.Version
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value
		}
	}
	return v + " " + b.GoVersion
}
