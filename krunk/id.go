package krunk

import (
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/text"
)

// EventID names one event, on the device and on the server. The zero EventID means that nothing was captured.
type EventID [16]byte

// IsZero reports whether nothing was captured.
func (id EventID) IsZero() bool { return id == EventID{} }

// String returns 32 lower-case hexadecimal digits, or "" for the zero EventID.
func (id EventID) String() string {
	if id.IsZero() {
		return ""
	}
	return text.Hex(id[:])
}

// SupportCode returns a code of 8 characters out of digits and capital letters without 0, O, 1, I and L, or "" for the zero
// EventID. The event carries the same code as the tag support_code, so support can look it up. Two of 100,000 events share
// a code with a probability of about 0.6 %.
func (id EventID) SupportCode() string {
	if id.IsZero() {
		return ""
	}
	return string(ident.AppendShort(nil, id))
}
