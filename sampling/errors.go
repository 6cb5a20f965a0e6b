package sampling

import (
	"errors"
	"strconv"
)

// The reasons for which a document does not change what runs; test with errors.Is. A document that is malformed gives a
// *Rejection instead.
var (
	ErrStale       = errors.New("sampling: older than the policy that runs; to go back, publish the old content under a higher version")
	ErrConflict    = errors.New("sampling: same version as the policy that runs, other content: two publishers; publish under a higher version")
	ErrSignature   = errors.New("sampling: no valid signature of a known key")
	ErrUnsupported = errors.New("sampling: the policy's format is newer than this program")
	ErrTooLarge    = errors.New("sampling: larger than 64 KiB")
	ErrExpired     = errors.New("sampling: the policy's expires lies in the past")
	ErrEndless     = errors.New("sampling: a signed policy needs \"expires\", or who holds back newer ones could keep it for ever")
	ErrClosed      = errors.New("sampling: the controller is closed")
	errWait        = errors.New("sampling: Options.Wait: write a time from 0 to a minute")
	errSteers      = errors.New("sampling: this controller steers another client; make one for each client with New")
)

// Rejection is the short form in which a client says why it keeps its policy. policy.ParseStrict gives the text with all that is
// wrong and what to write instead.
type Rejection struct {
	_      [0]func() // no code to compare it
	Code   string    // row of the validation table, E01 to E21
	Path   string    // such as channels["net"].send; empty for the document itself
	Offset int       // in bytes
	Also   int       // further problems, at most 19
}

// Error names code, place and offset.
func (e *Rejection) Error() string {
	s := "sampling: policy rejected: " + e.Code
	if e.Path != "" {
		s += " at " + e.Path
	}
	s += ", offset " + strconv.Itoa(e.Offset)
	if e.Also > 0 {
		s += " and " + strconv.Itoa(e.Also) + " more"
	}
	return s + "; krunkpolicy lint says what to write"
}
