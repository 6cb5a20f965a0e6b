package httpsource

import "math/rand/v2"

// newRand has a fixed seed, so that the simulation gives the same numbers each time.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 11)) }
