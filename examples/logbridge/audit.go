package main

import (
	"errors"
	"sync"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// auditor keeps who acted as whom: a game master who plays as a player, a support tool that gives an item away. It is a client of its
// own that nobody steers: no policy thins it out, raises its threshold or switches it off, and no storm of the game's takes its room.
// Unlike a frame's capture calls it waits for the network rather than to lose a record, and then says that nothing more may be done.
type auditor struct {
	client *krunk.Client
	acted  *krunk.Channel
	wait   time.Duration

	mu      sync.Mutex
	waiting int // records that may not be delivered yet; guarded by mu
}

// room is how many records certainly find room in the client's memory, of 1 KB each.
const room = 64

var errBehind = errors.New("audit: the server has not taken what was done until now; nothing is done without a record")

// newAuditor takes 1 MiB. With a RunFile in a folder of its own the next start sends what a killed program had not.
func newAuditor(dsn string, t transport.Transport, run krunk.RunFile) (*auditor, error) {
	client, err := krunk.Start(krunk.Config{
		DSN: dsn, Transport: t, Release: "moonfall-server@1.4.2", Environment: "audit", RunFile: run,
		NoSessions: true, // the game's own client tells of this run
		Channels:   map[string]krunk.Thresholds{"audit": {Trail: "info", Send: "info", Issue: "off"}},
	})
	if err != nil {
		return nil, err
	}
	return &auditor{client: client, acted: client.Channel("audit"), wait: 5 * time.Second}, nil
}

// as records that actor is about to do something as somebody else. It must not be done if there is an error.
func (a *auditor) as(actor, as, action string, attrs ...krunk.Attr) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == room {
		if !a.client.Flush(a.wait) || a.lost() {
			return errBehind
		}
		a.waiting = 0
	}
	a.waiting++
	a.acted.Info("acted as", append(attrs, krunk.String("actor", actor), krunk.String("as", as), krunk.String("action", action))...)
	return nil
}

// lost reports whether a record was given up, such as one that the server refused.
func (a *auditor) lost() bool { return len(a.client.Stats().Losses) > 0 }

// close delivers what waits, and reports whether everything was.
func (a *auditor) close(d time.Duration) bool { return a.client.Close(d) && !a.lost() }
