package main

// world is what a frame has to work for: cells that lie in more memory than the processor's caches hold, as a game's do.
//
// It adds whole numbers on purpose. A loop of square roots, as this example had, is slowed down or sped up by code that it never
// calls: scalar SSE instructions keep the upper part of their register, so they wait for whatever was written there last, by a
// copy or a clear of the runtime or by another goroutine on the same thread. The same 320 bodies took 0.40, 0.70 or 1.6 ms a
// frame that way, with and without Krunk.
type world struct {
	cells []uint64
	at    int // where the next frame begins
	sum   uint64
}

const (
	worldCells = 8 << 20 // 64 MiB
	frameCells = 1 << 20 // read and written in a frame
)

func newWorld() *world {
	w := &world{cells: make([]uint64, worldCells)}
	for i := range w.cells {
		w.cells[i] = uint64(i) * 0x9e3779b97f4a7c15
	}
	return w
}

// step moves the part of the world that a frame has to move.
func (w *world) step() {
	sum := w.sum
	for i, c := range w.cells[w.at : w.at+frameCells] {
		sum += c >> 7
		w.cells[w.at+i] = c + sum&0xff
	}
	w.sum = sum
	w.at = (w.at + frameCells) % worldCells
}

// reach is a number that the game logs.
func (w *world) reach() float64 { return float64(w.sum%1000) / 1000 }

// spawn adds nothing of the kind.
func (w *world) spawn(mass float64) {
	if mass <= 0 {
		panic("a body needs a mass above 0")
	}
}
