// Command krunkpolicy checks, compares, explains, simulates, signs and publishes policies, the documents by which a game
// decides who reports what. A command that makes a new document writes it to standard output or to -o FILE and never
// changes its input. It exits with 0 if all is well, 1 if the answer is no, 2 if it was called wrongly, and 3 if a file could not be
// read or written or a server not be reached, so that nothing is known.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// exit codes.
const (
	exitGood  = 0
	exitNo    = 1
	exitUsage = 2
	exitLost  = 3
)

// errNo ends a command whose findings have been written already.
var errNo = errors.New("no")

// errLost ends a command that has written already what it could not read.
var errLost = errors.New("lost")

// lost reports whether an error is one of files or of the network.
func lost(err error) bool {
	var file *fs.PathError
	var link *os.LinkError
	var web *url.Error
	return errors.Is(err, errLost) || errors.As(err, &file) || errors.As(err, &link) || errors.As(err, &web)
}

// usageError is a call that makes no sense, in words for the caller.
type usageError string

func (e usageError) Error() string { return string(e) }

func misused(format string, a ...any) error { return usageError(fmt.Sprintf(format, a...)) }

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one sub-command. setup declares its flags and returns what runs once they are parsed.
type command struct {
	name, args, short, long string
	setup                   func(s *streams, f *flag.FlagSet) func(args []string) error
}

func commands() []command {
	return []command{
		lintCommand(), diffCommand(), explainCommand(), simulateCommand(),
		debugCommand(), muteCommand(), raiseCommand(), pullCommand(), killCommand(), rollbackCommand(),
		keygenCommand(), signCommand(), verifyCommand(), publishCommand(), versionCommand(),
	}
}

// run is main without the process around it: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &streams{in: stdin, out: stdout, err: stderr}
	if len(args) == 0 {
		overview(stderr)
		return exitUsage
	}
	name := args[0]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(args) == 1 {
			overview(stdout)
			return exitGood
		}
		name, args = args[1], []string{args[1], "-h"}
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(s, args[1:])
		}
	}
	fmt.Fprintf(stderr, "krunkpolicy: %q is not a command; krunkpolicy help lists them\n", name)
	return exitUsage
}

func overview(w io.Writer) {
	fmt.Fprint(w, "krunkpolicy works on policies, the documents that decide who reports what.\n\nusage: krunkpolicy COMMAND [flags] ...\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\nkrunkpolicy COMMAND -h tells more. FILE is a policy or a signed envelope around one, \"-\" is standard input.\n"+
		"Exit code: 0 all is well, 1 the answer is no, 2 called wrongly, 3 a file or server could not be reached.\n")
}

func (c command) run(s *streams, args []string) int {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	do := c.setup(s, f)
	rest, err := parseMixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		c.usage(s.out, f)
		return exitGood
	}
	if err != nil {
		err = usageError(err.Error())
	} else {
		err = do(rest)
	}
	var misuse usageError
	switch {
	case err == nil:
		return exitGood
	case errors.As(err, &misuse):
		fmt.Fprintf(s.err, "krunkpolicy %s: %s\nusage: krunkpolicy %s %s\n", c.name, misuse, c.name, c.args)
		return exitUsage
	case !errors.Is(err, errNo) && !errors.Is(err, errLost):
		fmt.Fprintf(s.err, "krunkpolicy %s: %v\n", c.name, err)
	}
	if lost(err) {
		return exitLost
	}
	return exitNo
}

func (c command) usage(w io.Writer, f *flag.FlagSet) {
	fmt.Fprintf(w, "usage: krunkpolicy %s %s\n\n%s\n", c.name, c.args, strings.TrimSpace(c.long))
	fmt.Fprint(w, "\nflags:\n")
	f.SetOutput(w)
	f.PrintDefaults()
}

// parseMixed parses flags that may stand before, between and after the other arguments; after "--" there are none.
func parseMixed(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		used := len(args) - f.NArg()
		if used > 0 && args[used-1] == "--" {
			return append(rest, f.Args()...), nil
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}
