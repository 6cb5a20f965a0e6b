//go:build bare

package main

import "github.com/hajimehoshi/ebiten/v2"

// reports is nothing here.
type reports struct{}

func (*reports) hit(int, int)  {}
func (*reports) failed(error)  {}
func (*reports) costs() string { return "no Krunk in here" }

func play() error { return ebiten.RunGame(newGame()) }
