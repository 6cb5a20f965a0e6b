// Package ai is a package of a game.
package ai

// Boss is hit.
type Boss struct{ Life int }

// Hit dereferences b. It is inlined into its caller.
func (b *Boss) Hit() { b.Life-- }

// Each is inlined into its caller, and its closure takes the caller's name.
func Each(f func()) {
	g := func() { f() }
	run(g)
}

//go:noinline
func run(f func()) { f() }
