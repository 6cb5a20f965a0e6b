package krunk_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

// site calls from its first place or from its second one, with a text of its own for every i.
type site struct {
	name string
	at   func(c *krunk.Client, second bool, i int)
}

func text(i int) string { return fmt.Sprint("text ", i) }

func callSites() []site {
	sites := []site{
		{"Channel.Report", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Report(errors.New(text(i)))
				return
			}
			c.Channel("net").Report(errors.New(text(i)))
		}},
		{"Client.Report", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Report(errors.New(text(i)))
				return
			}
			c.Report(errors.New(text(i)))
		}},
		{"Trace", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Trace(text(i))
				return
			}
			c.Channel("net").Trace(text(i))
		}},
		{"Info", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Info(text(i), krunk.Int("i", i))
				return
			}
			c.Channel("net").Info(text(i), krunk.Int("i", i))
		}},
		{"Error", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Error(text(i))
				return
			}
			c.Channel("net").Error(text(i))
		}},
		{"Log", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Log(2, text(i))
				return
			}
			c.Channel("net").Log(2, text(i))
		}},
	}
	for name, method := range map[string]func(*krunk.Client, error, ...krunk.Attr) krunk.EventID{"Client.Report": (*krunk.Client).Report} {
		sites = append(sites, site{name + " as a value", func(c *krunk.Client, second bool, i int) {
			if second {
				method(c, errors.New(text(i)))
				return
			}
			method(c, errors.New(text(i)))
		}})
	}
	for name, method := range map[string]func(*krunk.Channel, string, ...krunk.Attr){
		"Debug": (*krunk.Channel).Debug, "Info": (*krunk.Channel).Info, "Warn": (*krunk.Channel).Warn, "Error": (*krunk.Channel).Error,
	} {
		sites = append(sites, site{name + " as a value", func(c *krunk.Client, second bool, i int) {
			if second {
				method(c.Channel("net"), text(i))
				return
			}
			method(c.Channel("net"), text(i))
		}})
	}
	return sites
}

// bridge is what a game writes for a logger that Krunk has no bridge for.
type bridge struct{ channel *krunk.Channel }

func (b bridge) Write(p []byte) (int, error) {
	b.channel.Emit(krunk.Entry{Level: krunk.LevelInfo, Message: string(p), Plain: true})
	return len(p), nil
}

func bridgeSites() []site {
	return []site{
		{"Emit", func(c *krunk.Client, second bool, i int) {
			pc := uintptr(4096)
			if second {
				pc++
			}
			c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelInfo, Message: text(i), PC: pc})
		}},
		{"Emit without a place", func(c *krunk.Client, second bool, i int) {
			if second {
				c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelInfo, Message: text(i), Plain: true})
				return
			}
			c.Channel("net").Emit(krunk.Entry{Level: krunk.LevelInfo, Message: text(i), Plain: true})
		}},
		{"Writer", func(c *krunk.Client, second bool, i int) {
			l := log.New(io.MultiWriter(io.Discard, c.Channel("net").Writer(krunk.LevelInfo)), "", log.LstdFlags)
			if second {
				l.Print(text(i))
				return
			}
			l.Printf("%s", text(i))
		}},
		{"a bridge of the game's", func(c *krunk.Client, second bool, i int) {
			l := log.New(bridge{c.Channel("net")}, "", log.LstdFlags)
			if second {
				l.Print(text(i))
				return
			}
			l.Print(text(i))
		}},
		{"log/slog", func(c *krunk.Client, second bool, i int) {
			l := slog.New(krunkslog.New(c.Channel("net"), nil))
			if second {
				l.Info(text(i))
				return
			}
			l.Info(text(i))
		}},
		{"log/slog without a place", func(c *krunk.Client, second bool, i int) {
			l := slog.New(krunkslog.New(c.Channel("net"), &krunkslog.Options{NoSource: true}))
			if second {
				l.Info(text(i))
				return
			}
			l.Info(text(i))
		}},
	}
}

// The policy's "first" knows kinds by where they were made: two places are two kinds whatever they say, and one place is one
// kind however its texts differ.
func TestFirstByCallSite(t *testing.T) {
	for _, s := range append(callSites(), bridgeSites()...) {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := controlled(t, krunk.Config{}, `"channels":{"*":{"issue":"error","send":"trace","trail":"trace","records":0,"first":2}}`)
				kept := func() int {
					c.Flush(time.Minute)
					stats := c.Stats()
					return int(max(stats.Events, stats.Logs))
				}
				for i := range 20 { // from one line, so that nothing but the place tells the two apart
					s.at(c, i >= 10, i)
					if n := kept(); n > 2+i/10*2 || i%10 == 9 && n != 2+i/10*2 {
						t.Errorf("after %d: %d were kept, want the first 2 of each place", i+1, n)
					}
				}
			})
		})
	}
}

// Looking for the place costs no memory either.
func TestDrawsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c, _ := controlled(t, krunk.Config{}, `"channels":{"*":{"issue":"error","send":"info","records":0,"first":1}}`)
	net, err := c.Channel("net"), errors.New("boom")
	for name, f := range map[string]func(){
		"report": func() { net.Report(err, krunk.Int("seq", 17)) }, "client report": func() { c.Report(err) },
		"info": func() { net.Info("packet lost", krunk.Int("seq", 17)) }, "error": func() { net.Error("packet lost") },
	} {
		if n := allocs.Least(200, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}
