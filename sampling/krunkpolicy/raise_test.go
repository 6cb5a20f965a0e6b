package main

import (
	"os"
	"strings"
	"testing"
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
