package main

import (
	"math"
	"math/rand/v2"
)

// world is what a frame has to work for: bodies that pull at each other.
type world struct{ bodies []body }

type body struct{ x, y, vx, vy float64 }

const bodyCount = 320

// newWorld is the same world every time, so that both runs do the same work.
func newWorld() *world {
	r := rand.New(rand.NewPCG(1, 2))
	w := &world{bodies: make([]body, bodyCount)}
	for i := range w.bodies {
		w.bodies[i] = body{x: r.Float64(), y: r.Float64()}
	}
	return w
}

// step moves every body by a frame.
func (w *world) step() {
	const dt, soft = 1e-4, 1e-3
	for i := range w.bodies {
		a := &w.bodies[i]
		var fx, fy float64
		for j := range w.bodies {
			dx, dy := w.bodies[j].x-a.x, w.bodies[j].y-a.y
			d := dx*dx + dy*dy + soft
			f := 1 / (d * math.Sqrt(d))
			fx, fy = fx+dx*f, fy+dy*f
		}
		a.vx, a.vy = a.vx+fx*dt, a.vy+fy*dt
	}
	for i := range w.bodies {
		a := &w.bodies[i]
		a.x, a.y = a.x+a.vx*dt, a.y+a.vy*dt
	}
}

// reach is how far the first body is from the middle.
func (w *world) reach() float64 { return math.Hypot(w.bodies[0].x-0.5, w.bodies[0].y-0.5) }

// spawn adds nothing of the kind.
func (w *world) spawn(mass float64) {
	if mass <= 0 {
		panic("a body needs a mass above 0")
	}
}
