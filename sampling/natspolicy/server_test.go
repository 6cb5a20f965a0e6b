package natspolicy

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is when a test that waits for something gives up; none asserts how long it took.
const patience = 90 * time.Second

// machine is a real server on loopback that can be ended and started again over the same directory and port.
type machine struct {
	t     *testing.T
	dir   string
	port  int
	start func() // returns at once; clients try until it is up
	end   func() // returns once it is gone
}

// machines runs a test against the server in this process and against the program nats-server, killed like in a crash.
func machines(t *testing.T, f func(*testing.T, *machine)) {
	t.Run("embedded", func(t *testing.T) { f(t, embedded(t)) })
	t.Run("nats-server", func(t *testing.T) { f(t, program(t)) })
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("", "krunk-nats")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the server may still write when it says that it has ended
		for end := time.Now().Add(10 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
	})
	return &machine{t: t, dir: dir, port: freePort(t)}
}

// freePort returns a port for a server that comes and goes: below those that the system gives to whoever asks for any, so that no
// connection of somebody else's takes it while the server is away.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("none of 100 ports is free")
	return 0
}

func embedded(t *testing.T) *machine {
	m := newMachine(t)
	var s *server.Server
	m.start = func() {
		var err error
		s, err = server.NewServer(&server.Options{
			Host: "127.0.0.1", Port: m.port, JetStream: true, StoreDir: m.dir, NoSigs: true, NoLog: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		go s.Start()
	}
	m.end = func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	m.start()
	t.Cleanup(func() { m.end() })
	return m
}

func program(t *testing.T) *machine {
	path, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("skipped: no nats-server on PATH; apt-get install nats-server")
	}
	m := newMachine(t)
	var cmd *exec.Cmd
	var out bytes.Buffer
	m.start = func() {
		out.Reset()
		cmd = exec.Command(path, "-js", "-sd", m.dir, "-a", "127.0.0.1", "-p", fmt.Sprint(m.port))
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	m.end = func() {
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); !errors.As(err, new(*exec.ExitError)) {
			t.Errorf("%s ended with %v", path, err)
		}
		if t.Failed() {
			t.Logf("%s", out.Bytes())
		}
	}
	m.start()
	t.Cleanup(func() { m.end() })
	return m
}

// connect opens a connection of its own, as another game server would.
func (m *machine) connect() jetstream.JetStream {
	m.t.Helper()
	nc, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", m.port), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(time.Millisecond, time.Millisecond))
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		m.t.Fatal(err)
	}
	m.up(nc)
	return js
}

// up waits until a connection is there.
func (m *machine) up(nc *nats.Conn) {
	m.t.Helper()
	there := nc.StatusChanged(nats.CONNECTED)
	if nc.IsConnected() {
		return
	}
	select {
	case <-there:
	case <-time.After(patience):
		m.t.Fatal("the server does not come up")
	}
}

func (m *machine) store(o Options) *Store {
	m.t.Helper()
	s, err := New(m.connect(), o)
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// restart ends the server and starts it again, and waits until a store's connection is there once more.
func (m *machine) restart(s *Store) {
	m.t.Helper()
	there := s.js.Conn().StatusChanged(nats.CONNECTED)
	m.end()
	m.start()
	select {
	case <-there:
	case <-time.After(patience):
		m.t.Fatal("the server does not come back")
	}
}

// eventually asks again and again, as there is nothing to wait on.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s does not come about", what)
		}
	}
}

// together starts n functions at the same time and waits for them.
func together(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
