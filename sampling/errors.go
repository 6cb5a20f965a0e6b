package sampling

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/plan"
)

// refusal is an error with what the server is told of it; older documents are normal and have no code.
type refusal struct {
	_    [0]func() // no code to compare it: errors are compared by their addresses
	text string
	code string
}

func (e *refusal) Error() string { return e.text }

// The reasons for which a document does not change what runs; test with errors.Is. A document that is malformed gives a
// *Rejection instead.
var (
	ErrStale       error = &refusal{text: "sampling: older than the policy that runs; to go back, publish the old content under a higher version"}
	ErrConflict    error = &refusal{text: "sampling: same version as the policy that runs, other content: two publishers; publish under a higher version", code: plan.CodeConflict}
	ErrSignature   error = &refusal{text: "sampling: no valid signature of a known key", code: plan.CodeSignature}
	ErrUnsupported error = &refusal{text: "sampling: the policy's format is newer than this program", code: "E02"}
	ErrTooLarge    error = &refusal{text: "sampling: larger than 64 KiB", code: "E01"}
	ErrExpired     error = &refusal{text: "sampling: the policy's expires lies in the past", code: plan.CodeExpired}
	ErrEndless     error = &refusal{text: "sampling: a signed policy needs \"expires\", or who holds back newer ones could keep it for ever", code: plan.CodeEndless}
	ErrClosed      error = &refusal{text: "sampling: the controller is closed"}
	errWait        error = &refusal{text: "sampling: Options.Wait: write a time from 0 to a minute"}
	errSteers      error = &refusal{text: "sampling: this controller steers another client; make one for each client with New"}
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
	at, also := "", ""
	if e.Path != "" {
		at = " at " + e.Path
	}
	if e.Also > 0 {
		also = " and " + strconv.Itoa(e.Also) + " more"
	}
	return "sampling: policy rejected: " + e.Code + at + ", offset " + strconv.Itoa(e.Offset) + also + "; krunkpolicy lint says what to write"
}
