// Package session has the life of one session, Sentry's unit of release health: when it began, what went wrong, how it ended, and
// the items that tell a server of it (protocol.md section 4). It has no goroutine and no clock: who owns a State gives the times,
// in nanoseconds since 1970, and nobody else touches it meanwhile.
//
// A program without a release has no sessions: servers count them by release.
package session

// Status is how a session stands.
type Status uint8

// The statuses. All but Running are final: nothing is told of a session behind one.
const (
	Running  Status = iota // "ok", with errors or without
	Exited                 // the program ended it
	Crashed                // the program died of what nobody recovered
	Abnormal               // it vanished: killed, power lost, hung
)

// AwayLimit is how long a game may be in the background; a longer stay ends its session when the stay began.
const AwayLimit = 30e9

// Stage is how far the first update, which servers count a session by, has come.
type Stage uint8

// The stages of an update with init.
const (
	Untold Stage = iota // it is not under way: the next update carries init
	Put                 // it waits to be sent
	Told                // a server has taken it
)

// State is what has to be known of a session to go on with it, also after the death of its process: plain words. The zero value is
// no session; Begin makes one.
type State struct {
	ID      [16]byte
	Started int64
	Latest  int64  // time of the latest update
	Away    int64  // since when the game is in the background; 0: it is not
	Errors  uint32 // so far, those refused by a limit as well
	Seq     uint32 // of the next update
	Status  Status
	Init    Stage
}

// Begin starts a session.
func (s *State) Begin(id [16]byte, now int64) { *s = State{ID: id, Started: now, Latest: now} }

// Fail counts an error and reports whether the server has to be told: of the first one, as servers ask only whether there was one.
func (s *State) Fail() (due bool) {
	if s.Errors+1 != 0 {
		s.Errors++
	}
	return s.Errors == 1 && s.Status == Running
}

// Leave says that the game went to the background. What comes back from there, if anything does, is for Return.
func (s *State) Leave(now int64) {
	if s.Away == 0 {
		s.Away = max(now, s.Latest)
	}
}

// Return says that the game is back, and reports whether the session is over because of it: then it ended when the game left
// (Next with Exited and that time), and another one begins.
func (s *State) Return(now int64) (over bool, left int64) {
	left, s.Away = s.Away, 0
	return left != 0 && now-left > AwayLimit, left
}

// Next returns the next update, or false behind a final one. Times never fall, whatever the clock does. The caller says by Lost or
// Taken what became of an update with Init.
func (s *State) Next(status Status, now int64) (u Update, ok bool) {
	if s.Status != Running || s.Started == 0 {
		return u, false
	}
	if status == Crashed {
		s.Errors = max(s.Errors, 1) // a crash is one
	}
	s.Status, s.Latest = status, max(s.Latest, now)
	s.Seq++
	return s.Again(), true
}

// Again returns the latest update once more. Where the one with Init was lost and another one waits behind it, that is replaced
// by this one, which has Init.
func (s *State) Again() Update {
	u := Update{
		ID: s.ID, Started: s.Started, Time: s.Latest, Errors: s.Errors, Seq: s.Seq - 1, Status: s.Status, Init: s.Init == Untold,
	}
	if u.Init {
		s.Init = Put
	}
	return u
}

// Gone says how a session ends that its process did not end: Exited when the game left, if it was in the background for longer
// than AwayLimit when it was last seen, for then its session was over; how at that time otherwise.
func (s *State) Gone(how Status, seen int64) (Status, int64) {
	if s.Away != 0 && seen-s.Away > AwayLimit && how != Crashed {
		return Exited, s.Away
	}
	return how, seen
}

// Taken says that a server took the update with Init.
func (s *State) Taken() { s.Init = Told }

// Lost says that the update with Init was given up before a server took it: the next one has it, also Again.
func (s *State) Lost() {
	if s.Init == Put {
		s.Init = Untold
	}
}
