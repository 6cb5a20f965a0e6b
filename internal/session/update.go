package session

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// Update is what is told of a session at once. It is immutable after Next, but for Hang.
type Update struct {
	ID      [16]byte
	Started int64
	Time    int64
	Errors  uint32
	Seq     uint32
	Status  Status
	Init    bool
	Hang    Hang // of an Abnormal one
}

// Hang says that frames stood still when a session vanished, and where the game was.
type Hang uint8

// The hangs.
const (
	NoHang Hang = iota
	HangInForeground
	HangInBackground
)

// Names are the texts of a session, the same in all of its updates. Empty ones are left out, but for Release, which has to be there.
type Names struct {
	User        string // the server hashes it; without one it counts no users
	Release     string
	Environment string
}

// Append appends the payload of a session item, some 300 bytes.
func (u *Update) Append(dst []byte, n *Names) []byte {
	dst = text.Append(dst, `{"sid":"`, text.Hex(u.ID[:]), `"`)
	dst = member(dst, `,"did":`, n.User)
	if u.Init {
		dst = text.Append(dst, `,"init":true`)
	}
	dst = number(dst, `,"seq":`, int64(u.Seq))
	dst = moment(dst, `,"started":"`, u.Started)
	dst = moment(dst, `,"timestamp":"`, u.Time)
	if u.Status != Running {
		ms := (u.Time - u.Started) / 1e6
		dst = number(dst, `,"duration":`, ms/1000)
		dst = append(dst, '.', byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	dst = text.Append(dst, `,"status":"`, [...]string{"ok", "exited", "crashed", "abnormal"}[u.Status&3], `"`)
	if u.Status == Abnormal && u.Hang != NoHang {
		dst = text.Append(dst, `,"abnormal_mechanism":"`, [...]string{"", "anr_foreground", "anr_background", ""}[u.Hang&3], `"`)
	}
	dst = number(dst, `,"errors":`, int64(u.Errors))
	dst = text.AppendString(text.Append(dst, `,"attrs":{"release":`), n.Release)
	dst = member(dst, `,"environment":`, n.Environment)
	return text.Append(dst, "}}")
}

//go:noinline
func member(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return text.AppendString(text.Append(dst, key), value)
}

//go:noinline
func number(dst []byte, key string, n int64) []byte {
	return strconv.AppendInt(text.Append(dst, key), n, 10)
}

//go:noinline
func moment(dst []byte, key string, ns int64) []byte {
	return append(text.AppendTime(text.Append(dst, key), ns, 3), '"')
}
