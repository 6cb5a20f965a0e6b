package protocol

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// source makes events out of bytes, so that the fuzzer's mutations reach every field. It ends in zeros.
type source struct{ b []byte }

func (s *source) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *source) bool() bool { return s.byte()&1 == 1 }

func (s *source) uint() uint64 {
	var b [8]byte
	s.b = s.b[copy(b[:], s.b):]
	return binary.LittleEndian.Uint64(b[:]) >> (s.byte() % 64)
}

// text is mostly short, sometimes empty, and of bytes as they come: control characters and what is no UTF-8.
func (s *source) text() string {
	n := min(int(s.byte())%24, len(s.b))
	t := string(s.b[:n])
	s.b = s.b[n:]
	return t + [...]string{"", "", "", "\u2028", "<&>", "\"\\\n", "\x00\x7f\xff", "é😀\xed\xa0\x80"}[s.byte()%8]
}

func (s *source) float() float64 {
	switch s.byte() % 6 {
	case 0:
		return math.Float64frombits(binary.LittleEndian.Uint64(binary.LittleEndian.AppendUint64(nil, s.uint()|s.uint()<<32)))
	case 1:
		return [...]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e21, 1e-7, 1e20, math.MaxFloat64}[s.byte()%8]
	case 2:
		return float64(int64(s.uint()))
	}
	return 1.79e9 + float64(uint32(s.uint()))/1e6
}

// raw is a JSON object, or nothing.
func (s *source) raw() Raw {
	switch s.byte() % 8 {
	case 0:
		return Raw("{}")
	case 1:
		return nil
	case 2:
		return Raw("{\"a b\":[1,\"\\\" ]\"],\"c\":{}}")
	case 3:
		return Raw("{\"\u2028\":\"<&>\u2029 \\u2028 \\ud83d\\ude00\"}")
	}
	b := text.AppendString(AppendKey([]byte{'{'}, s.text()), s.text())
	b = text.AppendFloat(AppendKey(b, s.text()), s.float())
	return append(strconv.AppendBool(AppendKey(b, "ok"), s.bool()), '}')
}

func (s *source) event() *Event {
	ev := &Event{EventID: s.text(), Timestamp: s.float(), Platform: s.text(), Level: s.text(), Logger: s.text(), Release: s.text(), Dist: s.text(), Environment: s.text()}
	flags := s.uint() >> 1
	has := func(bit int) bool { return flags>>bit&1 == 1 }
	if has(0) {
		ev.SDK = &SDK{Name: s.text(), Version: s.text()}
		if s.bool() {
			ev.SDK.Settings = &SDKSettings{InferIP: s.text()}
		}
	}
	if has(1) {
		ev.User = &User{ID: s.text(), Username: s.text(), Email: s.text()}
	}
	if has(2) {
		for range s.byte() % 5 {
			ev.Tags = append(ev.Tags, Tag{Key: s.text(), Value: s.text()})
		}
	}
	if has(3) {
		for range s.byte() % 5 {
			if name, o := s.text(), s.raw(); len(o) > 0 {
				ev.Contexts = append(ev.Contexts, Context{name, o})
			}
		}
	}
	for range s.byte() % 3 {
		ev.Fingerprint = append(ev.Fingerprint, s.text())
	}
	if has(4) {
		ev.LogEntry = &LogEntry{Message: s.text()}
	}
	if has(5) {
		ev.Exception = s.exceptions()
	}
	if has(6) {
		ev.Threads = &Threads{}
		for range s.byte() % 3 {
			ev.Threads.Values = append(ev.Threads.Values, Thread{ID: s.uint(), Name: s.text(), Crashed: s.bool(), Current: s.bool(), Main: s.bool(), State: s.text(), Stacktrace: s.stack()})
		}
	}
	if has(7) {
		for range s.byte() % 8 {
			ev.Breadcrumbs = append(ev.Breadcrumbs, crumb("2026-09-21T14:13:20.000000Z", Breadcrumb{Type: s.text(), Category: s.text(), Level: s.text(), Message: s.text(), Data: s.raw()}))
		}
	}
	return ev
}

func (s *source) exceptions() *Exceptions {
	x := &Exceptions{}
	for range s.byte() % 4 {
		e := Exception{Type: s.text(), Value: s.text(), Module: s.text(), ThreadID: s.uint()}
		if s.bool() {
			yes, id := s.bool(), int(int32(s.uint()))
			e.Mechanism = &Mechanism{Type: s.text(), Source: s.text(), IsExceptionGroup: s.bool()}
			if s.bool() {
				e.Mechanism.Handled, e.Mechanism.ExceptionID = &yes, &id
			}
			if s.bool() {
				e.Mechanism.ParentID = &id
			}
		}
		e.Stacktrace = s.stack()
		x.Values = append(x.Values, e)
	}
	return x
}

func (s *source) stack() *Stacktrace {
	if !s.bool() {
		return nil
	}
	st := &Stacktrace{}
	for range s.byte() % 6 {
		st.Frames = append(st.Frames, Frame{Function: s.text(), Module: s.text(), Filename: s.text(), AbsPath: s.text(),
			Lineno: int(int32(s.uint())), InApp: s.bool(), InstructionAddr: s.text()})
	}
	return st
}

func (s *source) logs() (list []Log) {
	for range s.byte() % 6 {
		list = append(list, Log{Timestamp: s.float(), TraceID: s.text(), Level: s.text(), Severity: int(s.byte()), Body: s.text(), Attributes: s.raw()})
	}
	return list
}

// full returns an event that uses every field, of a usual size.
func full() *Event {
	no, zero, one := false, 0, 1
	frame := func(f string, line int) Frame {
		return Frame{Function: f, Module: "example.test/moonfall/ai", Filename: "ai/boss.go", AbsPath: "/src/ai/boss.go", Lineno: line, InApp: true, InstructionAddr: "0x4a5b"}
	}
	return &Event{
		EventID: "5b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2", Timestamp: 1790000000.125, Platform: "go", Level: "fatal", Logger: "net",
		Release: "moonfall@1.4.2+881", Dist: "881", Environment: "production",
		SDK:  &SDK{Name: "krunk.go", Version: "0.3.0", Settings: &SDKSettings{InferIP: "never"}},
		User: &User{ID: "9d1c", Username: "ann", Email: "ann@example.test"},
		Tags: []Tag{{Key: "scene", Value: "boss_3"}, {Key: "support_code", Value: "K7PQ2MZX"}, {Key: "a", Value: "b"}, {Key: "b", Value: "c"}},
		Contexts: []Context{
			{"runtime", Raw(`{"name":"go","version":"go1.25"}`)}, {"os", Raw(`{"name":"linux"}`)}, {"krunk", Raw(`{"frame":7}`)},
			{"trace", Raw(`{"trace_id":"7e57c0de7e57c0de7e57c0de7e57c0de","span_id":"7e57c0de7e57c0de"}`)}, {"loadout", Raw(`{"slots":[1,2.5,null]}`)},
		},
		Fingerprint: []string{"{{ default }}", "boss"},
		LogEntry:    &LogEntry{Message: "slot 3 corrupt"},
		Exception: &Exceptions{Values: []Exception{
			{Type: "*fs.PathError", Value: "open save.dat: no space", Mechanism: &Mechanism{Type: "chained", Source: "unwrap", ExceptionID: &one, ParentID: &zero}},
			{Type: "runtime.boundsError", Value: "index out of range [9] with length 4", Module: "runtime", ThreadID: 17,
				Mechanism:  &Mechanism{Type: "auto.go.panic", Handled: &no, ExceptionID: &zero, IsExceptionGroup: true},
				Stacktrace: &Stacktrace{Frames: []Frame{frame("main", 31), frame("(*Boss).Tick", 88)}}},
		}},
		Threads: &Threads{Values: []Thread{
			{ID: 17, Name: "main", Crashed: true, Current: true},
			{ID: 18, State: "chan receive", Stacktrace: &Stacktrace{Frames: []Frame{frame("load", 12)}}},
		}},
		Breadcrumbs: []Raw{
			crumb("2026-09-21T14:13:19.000000Z", Breadcrumb{Category: "scene.load", Level: "info", Message: "boss_3", Data: Raw(`{"ms":41.7}`)}),
			crumb("2026-09-21T14:13:20.000000Z", Breadcrumb{Type: "error"}),
		},
	}
}

// crumb returns a whole breadcrumb.
func crumb(time string, c Breadcrumb) Raw {
	b, _ := AppendBreadcrumb(append([]byte(BreadcrumbTime), time+`"`...), &c)
	return b
}
