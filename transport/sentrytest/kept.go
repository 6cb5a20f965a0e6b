package sentrytest

// kept is a list bounded in bytes: the oldest go first.
type kept[T any] struct {
	items []T
	costs []int64
	sum   int64
	limit int64
}

func (k *kept[T]) add(v T, cost int) {
	const overhead = 256
	c := int64(cost) + overhead
	k.items, k.costs, k.sum = append(k.items, v), append(k.costs, c), k.sum+c
	from := 0
	for k.sum > k.limit && from < len(k.items)-1 {
		var zero T
		k.sum -= k.costs[from]
		k.items[from] = zero // so that its memory is freed before append moves the list
		from++
	}
	k.items, k.costs = k.items[from:], k.costs[from:]
}

// list is a copy that the caller owns.
func (k *kept[T]) list() []T { return append([]T(nil), k.items...) }

// idSet remembers the newest ids.
type idSet struct {
	has   map[string]bool
	order []string
}

const maxIDs = 1 << 16

// put reports whether the id is new.
func (s *idSet) put(id string) bool {
	isNew, _ := s.turn(id)
	return isNew
}

// turn is put that tells which id, if any, was forgotten for the new one.
func (s *idSet) turn(id string) (isNew bool, gone string) {
	if s.has[id] {
		return false, ""
	}
	if len(s.order) == maxIDs {
		gone = s.order[0]
		delete(s.has, gone)
		s.order = s.order[1:]
	}
	s.has[id], s.order = true, append(s.order, id)
	return true, gone
}
