package session

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/text"
)

// Update is what is told of a session at once.
type Update struct {
	_       [0]func() // no code to compare it
	Run     *Run
	ID      [16]byte
	User    uint64 // hash, 0: nobody is known; a server counts the different ones
	Started int64  // Unix milliseconds
	Since   int64  // milliseconds from Started to what is told
	Errors  uint64
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

// appendItem appends the item of an envelope, some 350 bytes.
func (u *Update) appendItem(dst []byte) []byte {
	var room [512]byte
	return protocol.AppendItem(dst, "session", u.Append(room[:0]))
}

// Append appends the payload of a session item. What is empty is left out, but for the release.
func (u *Update) Append(dst []byte) []byte {
	dst = text.Append(dst, `{"sid":"`, text.Hex(u.ID[:]), `"`)
	if u.User != 0 {
		dst = append(strconv.AppendUint(text.Append(dst, `,"did":"`), u.User, 16), '"')
	}
	if u.Init {
		dst = text.Append(dst, `,"init":true`)
	}
	dst = number(dst, `,"seq":`, uint64(u.Seq))
	dst = moment(dst, `,"started":"`, u.Started)
	dst = moment(dst, `,"timestamp":"`, u.Started+u.Since)
	if u.Status != Running {
		dst = number(dst, `,"duration":`, uint64(u.Since)/1000)
		ms := int(u.Since % 1000)
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	dst = text.Append(dst, `,"status":"`, [...]string{"ok", "exited", "crashed", "abnormal"}[u.Status&3], `"`)
	if u.Status == Abnormal && u.Hang != NoHang {
		dst = text.Append(dst, `,"abnormal_mechanism":"`, [...]string{"", "anr_foreground", "anr_background", ""}[u.Hang&3], `"`)
	}
	dst = number(dst, `,"errors":`, u.Errors)
	dst = text.AppendString(text.Append(dst, `,"attrs":{"release":`), u.Run.Release)
	if u.Run.Environment != "" {
		dst = text.AppendString(text.Append(dst, `,"environment":`), u.Run.Environment)
	}
	return text.Append(dst, "}}")
}

//go:noinline
func number(dst []byte, key string, n uint64) []byte {
	return strconv.AppendUint(text.Append(dst, key), n, 10)
}

//go:noinline
func moment(dst []byte, key string, ms int64) []byte {
	return append(text.AppendUnix(text.Append(dst, key), ms/1000, ms%1000*1e6, 3), '"')
}
