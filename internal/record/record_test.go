package record

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func write(h Head, text string, pcs []uintptr, errs []Error, fields []Field) []byte {
	n := Size(&h, text, len(pcs))
	for i := range errs {
		n += errs[i].Size()
	}
	for i := range fields {
		n += fields[i].Size()
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xaa // a ring holds what was there before
	}
	w := Begin(b, &h, text, pcs)
	for i := range errs {
		w.Error(&errs[i])
	}
	for i := range fields {
		w.Field(&fields[i])
	}
	w.LeftOut(3)
	return b
}

// many returns n return addresses.
func many(n int) []uintptr {
	pcs := make([]uintptr, n)
	for i := range pcs {
		pcs[i] = uintptr(1000 + i)
	}
	return pcs
}

func TestRoundTrip(t *testing.T) {
	for _, tt := range []struct {
		name   string
		head   Head
		text   string
		pcs    []uintptr
		errs   []Error
		fields []Field
	}{
		{name: "empty", head: Head{Type: LogType}},
		{name: "log", head: Head{Time: 1 << 40, Frame: 7, Since: 9, PPM: 1e6, Level: -8, Channel: 513, Type: LogType, Flags: FlagTrail}, text: "packet lost",
			fields: []Field{{Key: "seq", Kind: Int64, Num: 17}, {Key: "peer", Kind: String, Str: "abc"}, {Key: "", Kind: JSON, Str: "{}"}}},
		{name: "panic", head: Head{Type: PanicType, Flags: FlagID, ID: [16]byte{1, 2, 15: 3}, Gid: 99, Level: 12}, pcs: []uintptr{1, 2, 3},
			errs: []Error{{Type: "*fs.PathError", Text: "open: no", Parent: 0}, {Type: "x", Text: "y", Parent: 0, Index: 2}}},
		{name: "suppressed", head: Head{Type: ErrorType, Flags: FlagID | FlagTime | FlagSite, ID: [16]byte{9}, Suppressed: 1<<32 - 1, Place: 513, PPM: 1e6},
			pcs: many(MaxPCs), errs: []Error{{Type: "a", Text: "b", PCs: []uintptr{7, 8}}, {Type: "c", PCs: many(MaxErrorPCs)}, {}},
			fields: []Field{{Key: "krunk.group", Kind: Group, Str: "boss"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(write(tt.head, tt.text, tt.pcs, tt.errs, tt.fields))
			if err != nil {
				t.Fatal(err)
			}
			if got.Head != tt.head || got.Text != tt.text || got.LeftOut != 3 {
				t.Errorf("got %+v %q, want %+v %q", got.Head, got.Text, tt.head, tt.text)
			}
			if pcs := got.PCs(nil); !reflect.DeepEqual(pcs, tt.pcs) {
				t.Errorf("got PCs %v, want %v", pcs, tt.pcs)
			}
			if errs := got.Errors(nil); !reflect.DeepEqual(errs, tt.errs) {
				t.Errorf("got errors %v, want %v", errs, tt.errs)
			}
			var fields []Field
			it := got.Fields()
			for f, ok := it.Next(); ok; f, ok = it.Next() {
				fields = append(fields, f)
			}
			if !reflect.DeepEqual(fields, tt.fields) {
				t.Errorf("got fields %v, want %v", fields, tt.fields)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	b := write(Head{Type: ErrorType}, long, nil, []Error{{Type: long, Text: long}}, []Field{{Key: long, Kind: String, Str: long}})
	got, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	it := got.Fields()
	f, _ := it.Next()
	e := got.Errors(nil)[0]
	lens := fmt.Sprint(len(got.Text), len(e.Type), len(e.Text), len(f.Key), len(f.Str))
	if want := fmt.Sprint(MaxText, MaxType, MaxText, MaxKey, MaxValue); lens != want {
		t.Errorf("kept %s bytes, want %s", lens, want)
	}
	if got.Flags&FlagText == 0 || f.Kind != String|Cut {
		t.Error("what was cut is not marked")
	}
}

// What is cut of keys and of errors says so, between two characters.
func TestMarks(t *testing.T) {
	key, long := strings.Repeat("k", MaxKey-4)+"äöü", strings.Repeat("x", MaxText-4)+"äöü"
	e := Error{Type: strings.Repeat("T", MaxType) + "y", Text: long, PCs: many(MaxErrorPCs + 9)}
	got, err := Read(write(Head{Type: ErrorType}, "", nil, []Error{e}, []Field{{Key: key, Kind: Bool}, {Key: key[:MaxKey], Kind: Bool}}))
	if err != nil {
		t.Fatal(err)
	}
	it := got.Fields()
	f, _ := it.Next()
	whole, _ := it.Next()
	kept := got.Errors(nil)[0]
	for _, tt := range []struct{ name, got, want string }{
		{"key", f.Key, strings.Repeat("k", MaxKey-4) + "..."},
		{"key that fits", whole.Key, key[:MaxKey]},
		{"type", kept.Type, strings.Repeat("T", MaxType-3) + "..."},
		{"text", kept.Text, strings.Repeat("x", MaxText-4) + "..."},
		{"PCs", fmt.Sprint(kept.PCs), fmt.Sprint(many(MaxErrorPCs))},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %d bytes that end in %q, want %d that end in %q", tt.name, len(tt.got), tt.got[max(len(tt.got)-8, 0):], len(tt.want), tt.want[max(len(tt.want)-8, 0):])
		}
	}
}

// Every prefix of a record, and every record with one length changed, is refused or read within its bytes.
func TestTorn(t *testing.T) {
	whole := write(Head{Type: PanicType, Flags: FlagID}, "text", []uintptr{1}, []Error{{Type: "t", Text: "v", PCs: many(2)}}, []Field{{Key: "k", Kind: String, Str: "s"}})
	for n := range whole {
		if r, err := Read(whole[:n]); err == nil {
			it := r.Fields()
			for _, ok := it.Next(); ok; _, ok = it.Next() {
			}
		}
		b := append([]byte(nil), whole...)
		b[n] = 0xff
		if r, err := Read(b); err == nil {
			r.PCs(nil)
			r.Errors(nil)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(Head{Type: LogType}, "packet lost", []uintptr{5}, nil, []Field{{Key: "k", Kind: Int64, Num: 1}}))
	f.Add(write(Head{Type: PanicType, Flags: FlagID}, "", nil, []Error{{Type: "a", Text: "b"}}, nil))
	f.Add(write(Head{Type: LogType, Flags: FlagID | FlagForeign, Suppressed: 7}, "", many(3), []Error{{Type: "a", PCs: many(40)}, {Index: Joined}},
		[]Field{{Key: "g", Kind: Group, Str: "boss"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(b)
		if err != nil {
			return
		}
		n := len(r.Text) + 8*len(r.PCs(nil))
		for _, e := range r.Errors(nil) {
			n += len(e.Type) + len(e.Text) + 8*len(e.PCs)
		}
		it := r.Fields()
		for fd, ok := it.Next(); ok; fd, ok = it.Next() {
			n += len(fd.Key) + len(fd.Str)
		}
		if n > len(b) {
			t.Errorf("read %d bytes out of %d", n, len(b))
		}
	})
}

func TestAllocations(t *testing.T) {
	h := Head{Type: LogType, Flags: FlagTrail}
	fields := [2]Field{{Key: "seq", Kind: Int64, Num: 17}, {Key: "peer", Kind: String, Str: "abc"}}
	var b [256]byte
	if n := testing.AllocsPerRun(100, func() {
		w := Begin(b[:], &h, "packet lost", nil)
		w.Field(&fields[0])
		w.Field(&fields[1])
	}); n != 0 {
		t.Errorf("writing: %v allocations, want 0", n)
	}
}
