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
	errSteers      = errors.New("sampling: this controller steers another client; make one for each client with New")
)

// maxProblems is how many problems of one document are kept.
const maxProblems = 20

// kind is what is wrong; texts.go has the words, which only a publisher links.
type kind uint8

const (
	kSyntax kind = iota + 1
	kTwice
	kMore
	kDepth
	kUTF8
	kShape
	kSize
	kFormat
	kVersion
	kEpoch
	kMissing
	kTime
	kExpires
	kUntil
	kPercent
	kFine
	kLevel
	kOrder
	kChannel
	kCovered
	kRate
	kBurst
	kFirst
	kSpan
	kBy
	kSalt
	kRuleID
	kRuleTwice
	kWhen
	kCondition
	kList
	kRange
	kForever
	kLong
	kUnknown
	kCount
	kHash
	kPanics
	kFraction
	kNoEffect
	kShadowed
	kNoChannel
	kReshuffle
	kEnd // number of kinds
)

// codes are the rows of the validation table, by kind.
const codes = "   " + "E01E01E01E01E01E01E01" + "E02" + "E03E03E03" + "E04E04E04" + "E05E05" + "E06E06" + "E07E07" + "E08E08E08E08" + "E09" + "E10" +
	"E11E11" + "E12E12E12" + "E13" + "E14E14" + "E15" + "E16" + "E17" + "E18" + "E05" + "W01" + "W02W02" + "W03"

func (k kind) code() string { return codes[3*int(k) : 3*int(k)+3] }

// fatal reports whether a client rejects a policy for it; the others cost a rule or nothing.
func (k kind) fatal() bool {
	switch k {
	case kWhen, kCondition, kList, kRange, kForever, kLong, kUnknown, kPanics, kFraction, kNoEffect, kShadowed, kNoChannel, kReshuffle:
		return false
	}
	return true
}

// problem is one finding in a document.
type problem struct {
	kind      kind
	path      string
	at        int // offset
	arg, more string
}

// Rejection is the short form in which a client says why it keeps its policy. ParseStrict gives the text with all that is
// wrong and what to write instead.
type Rejection struct {
	Code   string // row of the validation table, E01 to E17
	Path   string // such as channels["net"].send; empty for the document itself
	Offset int    // in bytes
	Also   int    // further problems, at most 19
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

// rejection returns nil if none of the problems is fatal.
func rejection(list []problem) *Rejection {
	var e *Rejection
	for i := range list {
		p := &list[i]
		switch {
		case !p.kind.fatal():
		case e == nil:
			e = &Rejection{Code: p.kind.code(), Path: p.path, Offset: p.at}
		default:
			e.Also++
		}
	}
	return e
}
