package sender

import (
	"runtime"
	"sync/atomic"

	"github.com/krunk-go/krunk/transport"
)

// inside tells who runs inside of Transport.Send.
type inside struct {
	_     [0]func() // no code to compare it
	calls atomic.Uint32
	place atomic.Uintptr // return address of call, the same for all calls
}

// call calls the transport. It is called from one place alone.
//
//go:noinline
func (s *Sender) call(life *lifetime, r *transport.Request) (transport.Response, error) {
	if s.inside.place.Load() == 0 {
		var pc [1]uintptr
		runtime.Callers(2, pc[:])
		s.inside.place.Store(pc[0])
	}
	s.inside.calls.Add(1)
	defer s.inside.calls.Add(^uint32(0)) // one less
	if s.held() {                        // asked behind calls: who holds and then sees none knows that there will be none
		return transport.Response{}, errHeld
	}
	return s.cfg.Transport.Send(life, r)
}

// Inside returns a return address that is on the stack of whatever runs inside of Transport.Send at the moment, 0 if nothing does.
// What is captured there must not be sent: the next attempt would capture more of it.
func (s *Sender) Inside() uintptr {
	if s.inside.calls.Load() == 0 {
		return 0
	}
	return s.inside.place.Load()
}
