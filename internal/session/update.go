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

// Append appends the payload of a session item. What is empty or zero is left out, but for the release.
func (u *Update) Append(dst []byte) []byte {
	o := protocol.Open(dst)
	o.Text("sid", string(text.AppendHex(nil, u.ID[:])))
	if u.User != 0 {
		o.Text("did", strconv.FormatUint(u.User, 16))
	}
	o.Flag("init", u.Init)
	o.Uint("seq", uint64(u.Seq)) // 0 stands where init does, which means that
	moment(&o, "started", u.Started)
	moment(&o, "timestamp", u.Started+u.Since)
	if u.Status != Running {
		o.Float("duration", float64(u.Since)/1000)
	}
	o.Text("status", u.Status.name())
	if u.Status == Abnormal && u.Hang != NoHang {
		where := "anr_foreground"
		if u.Hang != HangInForeground {
			where = "anr_background"
		}
		o.Text("abnormal_mechanism", where)
	}
	o.Uint("errors", u.Errors)
	a := protocol.Open(nil)
	a.Text("release", u.Run.Release)
	if u.Run.Environment != "" {
		a.Text("environment", u.Run.Environment)
	}
	o.Raw("attrs", a.Close())
	return o.Close()
}

func (s Status) name() string {
	switch s {
	case Running:
		return "ok"
	case Exited:
		return "exited"
	case Crashed:
		return "crashed"
	}
	return "abnormal"
}

func moment(o *protocol.Object, key string, ms int64) {
	o.Text(key, string(text.AppendUnix(nil, ms/1000, ms%1000*1e6, 3)))
}
