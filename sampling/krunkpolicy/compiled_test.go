package main

import (
	"os"
	"strings"
	"testing"
)

// krunkpolicy knows of a compiled default what it is told, and then says that a channel which a policy connects cannot be seen over it.
func TestCompiledDefault(t *testing.T) {
	workplace(t)
	for name, settings := range map[string]string{
		"connect.json": `"channels":{"net":{"send":"debug","rate":"120/m"}}`, "mended.json": `"channels":{"*":{"rate":"120/m"},"net":{"send":"debug","rate":"120/m"}}`,
		"launch.json": `"channels":{"*":{"send":"off","rate":"30/h"}}`,
	} {
		if err := os.WriteFile(name, []byte(`{"krunk":1,"epoch":3,"version":1190,"clients":100,`+settings+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name, args string
		code       int
		want       string // in what is written to standard output, or where the code is not 0 in what is said
		not        string
	}{
		{"lint knows nothing", "lint connect.json", exitGood, "is good", "W05"},
		{"lint of a launch", "lint -default cautious connect.json mended.json", exitGood, `connect.json: warning W05: channels["net"]: each client sends no more than 10/h of all channels together, which the compiled default says for "*"; write what all channels together may send beside it`, "mended.json: warning"},
		{"lint of a file", "lint -default launch.json connect.json", exitGood, "no more than 30/h of all channels together", ""},
		{"diff", "diff -clients 1000 -default cautious -rate net:debug=1 next.json connect.json", exitGood, "warning W05", ""},
		{"explain", "explain -channel net -client c-1 -default cautious connect.json", exitGood, `and 10/h of all channels together: default: channels["*"].rate`, ""},
		{"explain knows nothing", "explain -channel net -client c-1 connect.json", exitGood, `120/m`, "of all channels together"},
		{"simulate", "simulate -clients 3600 -default cautious -rate net:debug=1 connect.json", exitGood, "net    3,600      10 ", ""},
		{"simulate knows nothing", "simulate -clients 3600 -rate net:debug=1 connect.json", exitGood, "net    3,600   3,600 ", ""},
		{"nowhere", "lint -default none.json connect.json", exitLost, "open none.json", ""},
		{"bad", "simulate -default bad.json connect.json", exitNo, "bad.json:4:14: error E05", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := call("", strings.Fields(row.args)...)
			said := r.out
			if row.code != exitGood {
				said = r.err
			}
			if r.code != row.code || !strings.Contains(said, row.want) || row.not != "" && strings.Contains(said, row.not) {
				t.Errorf("got %s, want exit %d and %q, without %q", r, row.code, row.want, row.not)
			}
		})
	}
}
