package blackbox

// ranked is an element of a list and what it is sorted by.
type ranked struct {
	_   [0]func() // no code to compare it
	key uint64
	at  int
}

// before leaves those in their order that have the same key.
func (r *ranked) before(o *ranked) bool { return r.key < o.key || r.key == o.key && r.at < o.at }

// ranks returns where in a list of n elements the one with the least key is, and so on. Package sort leads to time.Time by the types of its interface,
// and the functions of package slices are made anew for each type: 6 KiB of a program.
func ranks(n int, key func(i int) uint64) []ranked {
	list := make([]ranked, n)
	for i := range list {
		list[i].key, list[i].at = key(i), i
	}
	rank(list)
	return list
}

// rank sorts a list.
func rank(list []ranked) {
	n := len(list)
	for i := n / 2; i > 0; i-- {
		sink(list, i-1)
	}
	for n > 1 {
		n--
		list[0], list[n] = list[n], list[0]
		sink(list[:n], 0)
	}
}

// sink makes a heap again of one whose element i may be too small, with the largest one in front.
func sink(heap []ranked, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child].before(&heap[child+1]) {
			child++
		}
		if !heap[i].before(&heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
