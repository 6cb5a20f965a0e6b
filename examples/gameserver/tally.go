package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// levels are those at which the players record; immutable.
var levels = [...]policy.Level{policy.LevelDebug, policy.LevelInfo, policy.LevelWarn, policy.LevelError}

// tally counts what all clients do.
type tally struct {
	reporting atomic.Int64 // clients that report now
	refused   atomic.Uint64
	calls     [len(channels)][len(levels)]atomic.Uint64 // also those that a gate stops
	records   [len(channels)]atomic.Uint64              // those that left a client
}

// counts is a tally at one moment.
type counts struct {
	at      time.Time
	calls   [len(channels)][len(levels)]uint64
	records [len(channels)]uint64
}

func (t *tally) read() counts {
	c := counts{at: time.Now()}
	for i := range channels {
		for j := range levels {
			c.calls[i][j] = t.calls[i][j].Load()
		}
		c.records[i] = t.records[i].Load()
	}
	return c
}

// text is what came since old by channel, such as "net 40 render 12 ai 9".
func (c *counts) text(old *counts) string {
	parts := make([]string, len(channels))
	for i, name := range channels {
		parts[i] = fmt.Sprintf("%s %d", name, c.records[i]-old.records[i])
	}
	return strings.Join(parts, " ")
}

// volumes is what the clients would record if nobody were sampled out, for the server's predictions.
func (c *counts) volumes(old *counts) []policyserver.Volume {
	seconds := c.at.Sub(old.at).Seconds()
	if seconds <= 0 {
		return nil
	}
	var out []policyserver.Volume
	for i, name := range channels {
		for j, l := range levels {
			out = append(out, policyserver.Volume{Channel: name, Level: l, PerSecond: float64(c.calls[i][j]-old.calls[i][j]) / seconds})
		}
	}
	return out
}

// groups is how many clients of each kind there are.
func groups(clients int) []policyserver.Group {
	out := make([]policyserver.Group, len(kinds))
	for i := range kinds {
		out[i] = policyserver.Group{Identity: identity(i), Clients: (clients + len(kinds) - 1 - i) / len(kinds)}
		out[i].Identity.ID, out[i].Identity.Player = "", "" // all of them
	}
	return out
}

// counters is what the page shows: the records by channel since the start.
func (t *tally) counters() map[string]uint64 {
	out := make(map[string]uint64, len(channels))
	for i, name := range channels {
		out[name] = t.records[i].Load()
	}
	return out
}
