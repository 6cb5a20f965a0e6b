// Command game prints the stacks that the test of package stack reads.
package main

import (
	"log/slog"
	"strings"

	"example.test/moonfall/ai"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

func main() {
	tick("inlined")
	repeated()
	strings.Map(func(r rune) rune {
		krunk.Report("library")
		return r
	}, "x")
	ai.Each(func() { krunk.Report("closure") })
	krunk.Guard(func() { krunk.Report("guard") })
	slog.New(krunkslog.Handler{}).Info("hello")
}

func tick(name string) {
	defer krunk.Recover(name)
	var b *ai.Boss
	b.Hit()
}

func repeated() {
	defer krunk.Recover("again")
	func() {
		defer krunk.Again()
		var b *ai.Boss
		b.Hit()
	}()
}
