package main

import (
	"fmt"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// renderer draws meshes, and now and then one that does not exist.
type renderer struct {
	client *krunk.Client
	log    *krunk.Channel
	book   *book
	meshes []mesh
	code   string // what the player reads off the screen and tells support
}

type mesh struct{ triangles int }

// draw drops its part of a frame when a mesh panics, and keeps the code of the report for the player.
func (r *renderer) draw(n int) {
	defer func() {
		if v := recover(); v != nil {
			begin := time.Now()
			id := r.client.ReportPanic(v) // Recover with an id, for use inside a deferred function
			r.book.panicked(begin, id)
			r.code = id.SupportCode()
		}
	}()
	r.log.Debug("draw", krunk.Int("meshes", len(r.meshes)))
	if n%17 == 5 {
		r.book.expectPanic()
		r.triangles(len(r.meshes) + n%3)
	}
}

func (r *renderer) triangles(i int) int { return r.meshes[i].triangles } // index out of range

// brain thinks for the opponents.
type brain struct {
	client *krunk.Client
	log    *krunk.Channel
	book   *book
	memory map[string]int // nobody ever made it
}

func (b *brain) think(n int) {
	defer b.client.Recover()
	b.log.Debug("plan", krunk.String("agent", "guard"), krunk.Int("nodes", 40+n%9))
	if n%23 == 9 {
		b.log.Info("new target", krunk.String("agent", "guard"), krunk.String("target", "gate"))
		b.book.expectPanic()
		b.remember("gate", n)
	}
}

func (b *brain) remember(target string, n int) { b.memory[target] = n } // assignment to entry in nil map

// mixer plays voices.
type mixer struct {
	client *krunk.Client
	log    *krunk.Channel
	book   *book
	reverb *effect
}

type effect struct{ wet float64 }

// underrun is a panic value with a type of its own.
type underrun struct{ Missing int }

func (u underrun) Error() string {
	return fmt.Sprintf("audio buffer underrun in a batch of %d", u.Missing)
}

func (m *mixer) mix(n int) {
	defer m.client.Recover()
	m.log.Debug("mix", krunk.Int("voices", 12)) // below the threshold: one atomic load
	switch n % 29 {
	case 11:
		m.book.expectPanic()
		m.reverb.wet *= 0.5 // nil pointer
	case 21:
		m.log.Warn("buffer nearly empty", krunk.Duration("left", 3*time.Millisecond))
		m.book.expectPanic()
		panic(underrun{Missing: 64})
	}
}
