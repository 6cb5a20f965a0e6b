package benchmarks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// roleVar names the role of a child process and its arguments, separated by spaces.
const roleVar = "KRUNK_BENCHMARKS_ROLE"

// A role is what a process is started for. It writes its results to out as JSON, one value a line.
type role func(args []string, out *json.Encoder) error

func roleOf(name string) (role, bool) {
	roles := map[string]role{
		"server": serverRole, "delivered": deliveredRole, "stalled": stalledRole, "idle": idleRole,
		"frames": framesRole, "distant": distantRole, "hold": holdRole, "write": writeRole, "dead": deadRole, "heir": heirRole,
	}
	r, ok := roles[name]
	return r, ok
}

// Main plays the role that this process was started in by another one and ends the process; in a process that was started by
// anybody else it returns. Each program that measures in child processes calls it first.
func Main() {
	args := strings.Fields(os.Getenv(roleVar))
	if len(args) == 0 {
		return
	}
	play, ok := roleOf(args[0])
	if !ok {
		fmt.Fprintf(os.Stderr, "benchmarks: %s is %q, and there is no such role\n", roleVar, args[0])
		os.Exit(2)
	}
	if err := play(args[1:], json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is a running process in a role.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser // closing it asks the child to end
	out   *json.Decoder

	cancel context.CancelFunc // kills the child; it has three minutes
}

// startChild starts this program once more.
func startChild(args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("benchmarks: this program's own file: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patient)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(withoutSettings(os.Environ()), roleVar+"="+strings.Join(args, " "))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("benchmarks: role %q: %w", args, err)
	}
	return &child{cmd: cmd, stdin: in, out: json.NewDecoder(out), cancel: cancel}, nil
}

// withoutSettings leaves out what would change the peers or the runtime of the children.
func withoutSettings(env []string) []string {
	var kept []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "SENTRY") && !strings.HasSuffix(strings.ToUpper(name), "_PROXY") && name != "GOGC" && name != "GODEBUG" {
			kept = append(kept, e)
		}
	}
	return kept
}

// end asks the child to end, reads its last value into v unless v is nil, and waits for it.
func (c *child) end(v any) error {
	defer c.cancel()
	c.stdin.Close()
	var err error
	if v != nil {
		err = c.out.Decode(v)
	}
	return errors.Join(err, c.cmd.Wait())
}

// runChild plays a role to its end and reads its one result into v.
func runChild(v any, args ...string) error {
	c, err := startChild(args...)
	if err != nil {
		return err
	}
	if err := c.end(v); err != nil {
		return fmt.Errorf("benchmarks: role %q: %w", args, err)
	}
	return nil
}
