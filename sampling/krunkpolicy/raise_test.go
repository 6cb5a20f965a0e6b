package main

import (
	"os"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling/signed"
)

// Mute and raise leave each other's members alone, say whose they are, and take out their own.
func TestMuteAndRaise(t *testing.T) {
	workplace(t)
	write := func(name string, args ...string) {
		t.Helper()
		r := call("", append(args, "-o", name)...)
		if r.code != exitGood {
			t.Fatalf("%q: %s", args, r)
		}
	}
	const kind = "-kind=9f2c41d0"
	write("raised.json", "raise", now, kind, "-clients", "25", "base.json")
	write("muted.json", "mute", now, kind, "base.json")
	for _, row := range []struct {
		name, want string
		args       []string
	}{
		{"mute what is raised", "raised.json: kind 9f2c41d0 is raised; take that out first with krunkpolicy raise -kind 9f2c41d0 -end", []string{"mute", now, kind, "raised.json"}},
		{"end a raise with mute", "raised.json: kind 9f2c41d0 is raised; take that out first with krunkpolicy raise -kind 9f2c41d0 -end", []string{"mute", now, kind, "-end", "raised.json"}},
		{"raise what is muted", "muted.json: kind 9f2c41d0 is muted; take that out first with krunkpolicy mute -kind 9f2c41d0 -end", []string{"raise", now, kind, "-clients", "5", "muted.json"}},
		{"end a mute with raise", "muted.json: kind 9f2c41d0 is muted; take that out first with krunkpolicy mute -kind 9f2c41d0 -end", []string{"raise", now, kind, "-end", "muted.json"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if r := call("", row.args...); r.code == exitGood || r.out != "" || !strings.Contains(r.err, row.want) {
				t.Errorf("%s", r)
			}
		})
	}
	write("more.json", "raise", now, kind, "-clients", "50", "-rate", "5/h", "raised.json")
	if b, _ := os.ReadFile("more.json"); !strings.Contains(string(b), `"clients": 50, "rate": "5/h" }`) || strings.Contains(string(b), `"clients": 25 }`) {
		t.Errorf("%s", b)
	}
	write("ended.json", "raise", now, kind, "-end", "more.json")
	if b, _ := os.ReadFile("ended.json"); strings.Contains(string(b), `"9f2c41d0":`) {
		t.Errorf("%s", b)
	}
	// What has ended by itself is in nobody's way.
	write("late.json", "mute", "-now=2026-10-20T13:00:00Z", kind, "raised.json")
	write("killed.json", "kill", now, "base.json")
	if r := call("", "raise", now, kind, "-clients", "5", "killed.json"); r.code != exitGood || !strings.Contains(r.err, "the kill switch is thrown, so nobody sends any") {
		t.Errorf("%s", r)
	}
}

// Both commands take an end that says nothing else, and read a kind as people paste it.
func TestKindCommandsAreOneShape(t *testing.T) {
	workplace(t)
	for _, row := range []struct {
		name string
		args []string
		want string // on standard error; empty: it works
	}{
		{"mute as pasted", []string{"mute", now, "-kind", " krunk.kind: 9F2C41D0 ", "base.json"}, ""},
		{"raise as pasted", []string{"raise", now, "-kind", " krunk.kind: 9F2C41D0 ", "-clients", "5", "base.json"}, ""},
		{"end a mute with a rate", []string{"mute", now, "-kind=9f2c41d0", "-end", "-rate", "5/h", "base.json"}, "-end takes the mute out, whatever it says; give -kind alone"},
		{"end a raise with a rate", []string{"raise", now, "-kind=9f2c41d0", "-end", "-rate", "5/h", "base.json"}, "-end takes the raise out, whatever it says; give -kind alone"},
		{"mute for too long", []string{"mute", now, "-kind=9f2c41d0", "-for", "721h", "base.json"}, "write a time from 1s to 720h (30 days)"},
		{"raise for too long", []string{"raise", now, "-kind=9f2c41d0", "-clients", "5", "-for", "721h", "base.json"}, "write a time from 1s to 720h (30 days)"},
		{"mute a name", []string{"mute", now, "-kind=saveGame", "base.json"}, `-kind "saveGame"; write the tag krunk.kind of an event of it`},
		{"raise a name", []string{"raise", now, "-kind=saveGame", "-clients", "5", "base.json"}, `-kind "saveGame"; write the tag krunk.kind of an event of it`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := call("", row.args...)
			if got := r.code == exitGood; got != (row.want == "") || !strings.Contains(r.err, row.want) || got && !strings.Contains(r.out, `"9f2c41d0": {`) {
				t.Errorf("%s", r)
			}
		})
	}
}

// Who pastes the hash that the page shows of a player means that player, and not whose id the hash would be.
func TestHashGivenAsAnID(t *testing.T) {
	workplace(t)
	hash := signed.HashID("2026-w41", "anna")
	for _, command := range []string{"debug", "pull"} {
		plain, hashed := call("", command, now, "-player", "anna", "base.json"), call("", command, now, "-player", hash, "base.json")
		if plain.code != exitGood || !strings.Contains(plain.out, hash) || plain.out != hashed.out {
			t.Errorf("%s: %s\n%s", command, plain, hashed)
		}
	}
}
