package sampling

// Limits are what no policy may exceed, signed or not. The zero Limits limit nothing.
type Limits struct {
	Trail, Send, Issue string // lowest level a policy may set; empty: no limit
	MaxRate            Rate   // log records and events of all channels together; zero: no limit
	MaxBytesPerHour    int64  // encoded events and log records together, before compression; panics are charged and never refused; zero and below: no limit
	Pull               Pull   // krunk.AllowPull(…) lets signed policies ask for the flight log; the zero Pull refuses
	PanicsAlways       bool   // no policy may turn panics off
}
