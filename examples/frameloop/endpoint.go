package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// endpointArg makes the program be the endpoint instead of the game. The example starts itself with it, so that what the
// endpoint does costs the game neither garbage nor time.
const endpointArg = "serve-endpoint"

// serve is the endpoint's process: it writes its DSN as a line, serves until in ends, and writes what arrived as JSON. It ends
// with the process that started it, as that one holds the other end of in.
func serve(in io.Reader, out io.Writer) int {
	s := sentrytest.Start(sentrytest.Options{})
	defer s.Close()
	if _, err := fmt.Fprintln(out, s.DSN()); err != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, in)
	if err := json.NewEncoder(out).Encode(collect(s)); err != nil {
		fmt.Fprintln(os.Stderr, "frameloop: the endpoint cannot tell what arrived:", err)
		return 1
	}
	return 0
}

// endpoint is the strict endpoint in a process of its own.
type endpoint struct {
	dsn string
	cmd *exec.Cmd
	in  io.WriteCloser // closed when the endpoint is to end
	out *bufio.Reader
}

// startEndpoint starts this program again.
func startEndpoint() (*endpoint, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("frameloop: cannot start the endpoint: %w", err)
	}
	e := &endpoint{cmd: exec.Command(self, endpointArg)}
	e.cmd.Stderr = os.Stderr
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("frameloop: cannot start the endpoint: %w; set SENTRY_DSN to use a server instead", err)
	}
	e.out = bufio.NewReader(out)
	line, err := e.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("frameloop: the endpoint does not answer: %w", err), e.stop())
	}
	e.dsn = strings.TrimSpace(line)
	return e, nil
}

// arrived ends the endpoint and returns what it holds.
func (e *endpoint) arrived() (a arrived, err error) {
	e.in.Close()
	if err = json.NewDecoder(e.out).Decode(&a); err != nil {
		err = fmt.Errorf("frameloop: what the endpoint tells is no JSON: %w", err)
	}
	return a, errors.Join(err, e.cmd.Wait())
}

// stop ends the endpoint without asking it.
func (e *endpoint) stop() error {
	e.in.Close()
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait() // the error says that it was killed
	return nil
}
