package policyserver

import (
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

const (
	slots      = 10       // pieces of the window in which polls are counted
	maxStates  = 64       // different states in one slot; more are counted as odd
	maxClients = 1 << 16  // clients remembered one by one; above that a random part of them
	maxKnown   = keep + 1 // versions that a client may name
)

// fleet counts what clients say they run. Its memory is bounded: about 4 MiB, whoever sends what.
type fleet struct {
	window  time.Duration // immutable after New
	mu      sync.Mutex    // guards what follows
	known   map[sampling.Version]int
	order   []sampling.Version // of known, oldest first
	highest sampling.Version   // of known
	beaten  sampling.Version   // highest that a client told over the game's own connection, zero if none is above highest
	polled  sampling.Version   // highest that anybody told in a request
	slot    [slots]map[state]uint32
	turn    int64 // number of the newest slot since the epoch
	clients map[uint64]heard
	level   uint // clients are kept if so many low bits of their mixed id are zero
}

// heard is the last word of one client.
type heard struct {
	state
	at  int64  // unix nanoseconds
	log uint32 // mark of the request for its flight log that it has answered last, 0 for none
}

func (f *fleet) init(window time.Duration) {
	f.window, f.known, f.clients = window, make(map[sampling.Version]int), make(map[uint64]heard)
	f.known[sampling.Version{}] = 0
	for i := range f.slot {
		f.slot[i] = make(map[state]uint32)
	}
}

// serve makes a version one that clients may name.
func (f *fleet) serve(v sampling.Version) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.known[v]; ok {
		return
	}
	if f.order = append(f.order, v); len(f.order) > maxKnown {
		delete(f.known, f.order[0])
		f.order = f.order[1:]
	}
	f.known[v] = 0
	if f.highest.Less(v) {
		f.highest = v
	}
}

// told notes a version that a client has from a server which has forgotten it, such as from before a restart. One that lies
// further off than a publication may leap is made up. The caller holds the lock.
func (f *fleet) told(v sampling.Version, most *sampling.Version) {
	if f.highest.Less(v) && most.Less(v) && !leaps(f.highest, v) {
		*most = v
	}
}

// newest returns the highest version that any client has told of.
func (f *fleet) newest() sampling.Version {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.polled.Less(f.beaten) {
		return f.beaten
	}
	return f.polled
}

// trusted returns the highest version that holds against what a person writes: anybody can send a request, so that counts only as
// long as nothing was published here.
func (f *fleet) trusted(empty bool) sampling.Version {
	if empty {
		return f.newest()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.beaten
}

// admit folds what cannot be into odd, so that nobody can invent states. The caller holds the lock.
func (f *fleet) admit(echo string, most *sampling.Version) state {
	st, ok := parseEcho(echo)
	if !ok {
		return odd
	}
	f.told(st.have, most)
	if _, ok := f.known[st.have]; !ok {
		return odd
	}
	if _, ok := f.known[st.seen]; !ok {
		st.seen = odd.have
	}
	return st
}

// poll counts a request. How many requests make a client is settled by count. It does not allocate once its state is known.
func (f *fleet) poll(echo string) {
	now := time.Now().UnixNano()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rotate(now)
	m, st := f.slot[f.turn%slots], f.admit(echo, &f.polled)
	if _, ok := m[st]; !ok && len(m) >= maxStates {
		st = odd
	}
	m[st]++
}

// rotate empties the slots whose time is over.
func (f *fleet) rotate(now int64) {
	turn := now / int64(f.window/slots)
	if turn < f.turn-slots {
		f.turn = turn - slots // the machine's clock went back: what was counted by the other one is over
	}
	for i := max(f.turn+1, turn-slots+1); i <= turn; i++ {
		clear(f.slot[i%slots])
	}
	f.turn = max(f.turn, turn)
}

// beat notes what a client says over the game's own connection; id tells clients apart.
func (f *fleet) beat(id uint64, echo string) {
	now := time.Now().UnixNano()
	id = mix(id)
	f.mu.Lock()
	defer f.mu.Unlock()
	if id&(1<<f.level-1) != 0 {
		return
	}
	if _, ok := f.clients[id]; !ok && len(f.clients) >= maxClients {
		if f.shrink(now); id&(1<<f.level-1) != 0 {
			return
		}
	}
	f.clients[id] = heard{f.admit(echo, &f.beaten), now, logOf(echo)}
}

// shrink makes room: first by forgetting who is gone, then by keeping a random half.
func (f *fleet) shrink(now int64) {
	f.expire(now)
	for len(f.clients) > maxClients*3/4 {
		f.level++
		for id := range f.clients {
			if id&(1<<f.level-1) != 0 {
				delete(f.clients, id)
			}
		}
	}
}

// gone reports whether a client that was heard of at some time is not counted any more. One from far ahead was heard of before the machine's clock
// went back.
func (f *fleet) gone(at, now int64) bool {
	ago := time.Duration(now - at)
	return ago.Abs() > f.window
}

func (f *fleet) expire(now int64) {
	for id, c := range f.clients {
		if f.gone(c.at, now) {
			delete(f.clients, id)
		}
	}
	for f.level > 0 && len(f.clients) < maxClients/8 {
		f.level-- // those left out come back with their next heartbeat
	}
}

// count adds up all states of the window, those told over the game's own connection apart from those of requests, which anybody can
// send. A client that polls every 30 s is in a window of 5 min ten times and counts once; one
// that polls less often than once in a window is counted when it is heard of, and not otherwise.
func (f *fleet) count(every time.Duration) (beats, polls map[state]int) {
	now := time.Now().UnixNano()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rotate(now)
	beats, polls = make(map[state]int), make(map[state]int)
	for _, m := range f.slot {
		for st, n := range m {
			polls[st] += int(n)
		}
	}
	if every < f.window {
		for st, n := range polls {
			polls[st] = int((int64(n)*int64(every) + int64(f.window) - 1) / int64(f.window))
		}
	}
	weight := 1 << f.level
	for _, c := range f.clients {
		if !f.gone(c.at, now) {
			beats[c.state] += weight
		}
	}
	f.expire(now)
	return beats, polls
}

// mix spreads ids evenly (the finaliser of MurmurHash3, a bijection).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
