//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	gojson "github.com/goccy/go-json"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

type (
	place struct {
		X, Y float64 `json:",omitempty"`
	}
	base struct {
		ID   int
		Kind string `json:"kind"`
	}
	enemy struct {
		base
		*place
		Name   string
		Tags   []string        `json:"tags,omitempty"`
		Loot   map[string]int  `json:"loot"`
		Next   *enemy          `json:"next,omitempty"`
		Secret string          `json:"-"`
		Count  int64           `json:"count,string"`
		Any    any             `json:"any"`
		Nested map[int]place   `json:"nested,omitempty"`
		Raw    json.RawMessage `json:"raw,omitempty"`
		Addr   netip.Addr      `json:"addr"`
		Blob   []byte          `json:"blob"`
		Array  [2]bool         `json:"array"`
		hidden chan int
		Extra  map[string]string `json:"extra"`
	}
	clash1 struct{ A, B, C int }
	clash2 struct {
		A int
		B int `json:"B"`
	}
	clashes struct {
		clash1
		clash2
		C string
	}
	node struct {
		Name string
		Next *node
	}
	half struct {
		Good  string
		Chan  chan int
		Func  func()
		NaN   float64
		Bad   exploding
		Worse liar
		Nil   map[string]int
		List  []int
		Ptr   *int
		Steam uint64
		Low   int64
		C     complex128
		Err   error
		Zero  time.Time
		Wait  time.Duration
	}
	exploding struct{}
	liar      struct{}
	locked    struct{ _, _ int }
	wide      struct{ A, B, C, D, E, F, G, H string }
)

func (exploding) MarshalJSON() ([]byte, error) { panic("no") }
func (liar) MarshalJSON() ([]byte, error)      { return []byte(`{"a":`), nil }

func jsonOf(v any) string {
	e := encoder{work: anyWork}
	e.value(v, 0)
	return string(e.b)
}

// Where go-json has something to say as well, both say the same: embedded and tagged members, maps, marshalers.
func TestAnyIsEncodedAsByGoJSON(t *testing.T) {
	one := 1
	for name, v := range map[string]any{
		"struct":   place{1, 0},
		"pointer":  &place{0.5, 1e30},
		"enemy":    enemy{base: base{7, "orc"}, Name: "a<b>\"", Loot: map[string]int{"b": 1, "a": 2}, Next: &enemy{Name: "n", place: &place{1, 2}, Tags: []string{"x"}}, Count: 5, Any: &one, Nested: map[int]place{3: {}, -1: {X: 1}}, Raw: json.RawMessage(`{"a" : [1, 2.5e3]}`), Addr: netip.MustParseAddr("::1"), Blob: []byte{1, 2, 3}, hidden: make(chan int)},
		"clashes":  clashes{clash1{1, 2, 3}, clash2{4, 5}, "c"},
		"list":     []place{{1, 2}, {}},
		"pointers": []*place{{1, 2}, nil},
		"float32":  []float32{0.1, 1e21, 1e-7, 3},
		"floats":   []float64{0.1, 1e21, 1e-7, 3, math.MaxFloat64, 5e-324},
		"map":      map[uint8]string{1: "\u2028 \x00", 2: "\xff"},
		"text key": map[netip.Addr]bool{netip.MustParseAddr("1.2.3.4"): true},
		"big":      struct{ N json.Number }{"12.50"},
		"generic":  struct{ A any }{[]any{map[string]any{"b": nil, "a": []int(nil)}, int8(1)}},
	} {
		var b strings.Builder
		enc := gojson.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(name, err)
		}
		if got, want := jsonOf(v), strings.TrimSuffix(b.String(), "\n"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

// What cannot be encoded costs its own place only.
func TestAnyKeepsWhatItCan(t *testing.T) {
	loop := &node{Name: "a"}
	loop.Next = &node{Name: "b", Next: loop}
	self := []any{1, nil}
	self[1] = self
	m := map[string]any{}
	m["m"] = m
	type key struct{ X, Y int }
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"struct", half{Good: "x", Chan: make(chan int), Func: func() {}, NaN: math.NaN(), Steam: 76561198122624102, Low: -1 << 60, C: 1 + 2i, Err: errors.New("boom"), Wait: 1500 * time.Microsecond},
			`{"Good":"x","Chan":"[krunk: a chan int]","Func":"[krunk: a func()]","NaN":"NaN",` +
				`"Bad":"[krunk: MarshalJSON of krunk.exploding panicked: no]","Worse":"[krunk: MarshalJSON of krunk.liar wrote no JSON]",` +
				`"Nil":null,"List":null,"Ptr":null,"Steam":"76561198122624102","Low":"-1152921504606846976","C":"(1+2i)","Err":"boom",` +
				`"Zero":"0001-01-01T00:00:00Z","Wait":"1.5ms"}`},
		{"cycle", loop, `{"Name":"a","Next":{"Name":"b","Next":"[krunk: cycle]"}}`},
		{"same twice is no cycle", []*place{{1, 2}, {1, 2}}, `[{"X":1,"Y":2},{"X":1,"Y":2}]`},
		{"self-holding list", self, `[1,[1,[1,[1,"…"]]]]`},
		{"self-holding map", m, `{"m":{"m":{"m":{"m":"…"}}}}`},
		{"struct keys", map[key]bool{{1, 2}: true}, `{"{\"X\":1,\"Y\":2}":true}`},
		{"any keys", map[any]int{"a": 1, 2: 2, 1.5: 3}, `{"1.5":3,"2":2,"a":1}`},
		{"no exported fields", []any{locked{}, struct{}{}}, `["[krunk: a krunk.locked without exported fields]",{}]`},
		{"big number in JSON", []any{json.RawMessage(`{"id": 76561198122624102, "f":1.25, "t":"1"}`)}, `[{"id":"76561198122624102","f":1.25,"t":"1"}]`},
		{"URL", struct {
			U *url.URL
			P *url.Userinfo
		}{&url.URL{Scheme: "http", Host: "x.y", User: url.UserPassword("a", "b")}, url.UserPassword("a", "b")}, `{"U":"http://a:xxxxx@x.y","P":"[krunk: a *url.Userinfo]"}`},
		{"slog.Value", []any{slog.IntValue(3), slog.StringValue("x")}, `["3","x"]`},
		{"endless pointer", endlessPointer(), `"[krunk: cycle]"`},
		{"deep", [][][][][]int{{{{{1}}}}}, `[[[["…"]]]]`},
	} {
		if got := jsonOf(tt.v); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

type endlessly *endlessly

func endlessPointer() any {
	var p endlessly
	p = &p
	return p
}

// enormous are values that no encoder for whole values survives, or not without stalling the game.
func enormous() map[string]any {
	structs := make([]enemy, 200_000)
	var list *node
	for range 3_000_000 {
		list = &node{Name: "n", Next: list}
	}
	many := make(map[string]any, 100_000)
	ints := make(map[int][256]int, 1000)
	for i := range 100_000 {
		many[strings.Repeat("k", i%300)+string(rune('a'+i%26))] = many
		if i < 1000 {
			ints[i] = [256]int{}
		}
	}
	wides := make([]wide, 1000)
	for i := range wides {
		wides[i].A = strings.Repeat("\x00", 100_000)
	}
	empties := make([][]struct{}, 1_000_000)
	return map[string]any{
		"200,000 structs": structs, "3 M nodes": list, "self-holding map": many, "large values": ints, "long texts": wides,
		"huge array": &[1 << 20]place{}, "large map value": map[string][1 << 20]byte{"a": {}}, "empties": empties,
		"map of maps": map[string]any{"a": many, "b": many, "c": map[string]map[int][256]int{"d": ints}},
		"struct keys": map[[100]int]int{{1}: 1, {2}: 2},
		"pointers":    func() []*enemy { return make([]*enemy, 1_000_000) }(),
		"omitted": make([]struct {
			A, B, C, D int `json:",omitempty"`
		}, 1_000_000),
		"blob":           make([]byte, 10<<20),
		"text":           weapons(strings.Repeat("x", 10<<20)),
		"many marshaler": make([]time.Time, 100_000),
	}
}

type weapons string

// Whatever Any is given, its own work is bounded: it is counted here in bytes and in steps, and measured by BenchmarkAny.
func TestAnyIsBounded(t *testing.T) {
	for name, v := range enormous() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		k, _, s := settleAny(v, anyones(), false)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
			t.Errorf("%s: %d bytes were allocated, want at most 64 KiB", name, n)
		}
		if k == record.JSON && (!protocol.Valid([]byte(s)) || len(s) > anyMax) {
			t.Errorf("%s: %d bytes, not JSON: %s", name, len(s), s)
		}
		e := encoder{work: anyWork}
		e.value(v, 0)
		if e.work < -anyWork/4 {
			t.Errorf("%s: the work went over by %d", name, -e.work)
		}
		if !strings.Contains(s, mark) && !strings.Contains(s, "...") && !strings.Contains(s, "krunk:") && name != "text" {
			t.Errorf("%s: nothing says that something was left out: %s", name, s)
		}
	}
}

func BenchmarkAny(b *testing.B) {
	values := enormous()
	values["small struct"] = place{1, 2}
	values["enemy"] = enemy{base: base{7, "orc"}, Name: "a", Loot: map[string]int{"b": 1, "a": 2}}
	for name, v := range values {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				settleAny(v, anyones(), false)
			}
		})
	}
}

// One long member does not push out those behind it.
func TestAnyLeavesRoom(t *testing.T) {
	v := wide{A: strings.Repeat("a", 5000), B: strings.Repeat("b", 5000), C: "c", H: "h"}
	got := jsonOf(v)
	if !strings.HasSuffix(got, `"C":"c","D":"","E":"","F":"","G":"","H":"h"}`) || len(got) < anyMax/2 || len(got) > anyMax {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func FuzzAny(f *testing.F) {
	f.Add("a", int64(1<<60), 0.5, []byte("x"), 3)
	f.Add(strings.Repeat("\x00\xff\"", 700), int64(-1), math.Inf(1), []byte{0}, 200)
	f.Fuzz(func(t *testing.T, s string, n int64, x float64, b []byte, many int) {
		list := make([]any, min(max(many, 0), 1000))
		for i := range list {
			list[i] = []any{s, map[string]any{s: n, "x": x}, half{Good: s, NaN: x, Low: n}, &node{Name: s}, json.RawMessage(b), map[float64]string{x: s}}[i%6]
		}
		for _, v := range []any{list, enemy{Name: s, Blob: b, Raw: b, Any: list}, map[string]any{s: list}, json.RawMessage(b)} {
			k, _, out := settleAny(v, anyones(), false)
			if len(out) > anyMax+8 {
				t.Errorf("%d bytes", len(out))
			}
			if k == record.JSON && !protocol.Valid([]byte(out)) {
				t.Errorf("not JSON: %s", out)
			}
		}
	})
}

// Values whose walk would kill the process, as panic values: each in a process of its own.
func TestPanicValuesNeverKill(t *testing.T) {
	const name = "KRUNK_TEST_PANIC_VALUE"
	if which := os.Getenv(name); which != "" {
		dieWith(t, which)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	for _, which := range []string{"self-holding map", "self-holding slice", "written map", "list"} {
		t.Run(which, func(t *testing.T) {
			cmd := exec.Command(exe, "-test.run=^TestPanicValuesNeverKill$")
			cmd.Env = append(os.Environ(), name+"="+which)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Skip("skipped: this system starts no processes: ", err)
			}
			if err != nil {
				t.Errorf("the process died: %v\n%.400s", err, out)
			}
		})
	}
}

func dieWith(t *testing.T, which string) {
	c, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	recovered := func(v any) {
		defer c.Recover()
		panic(v)
	}
	switch which {
	case "self-holding map":
		m := map[string]any{}
		m["m"] = m
		recovered(m)
	case "self-holding slice":
		s := []any{nil}
		s[0] = s
		recovered(s)
	case "written map":
		m := map[int]int{}
		stop := make(chan bool)
		go func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					m[i%1000] = i
				}
			}
		}()
		for range 1000 {
			recovered(m)
		}
		close(stop)
	case "list":
		var list *node
		for range 3_000_000 {
			list = &node{Next: list}
		}
		recovered(list)
	}
	c.Close(time.Second)
}

// Of a large map as many members are kept as have room, not one: looking at the keys leaves something for what they stand for.
func TestAnyKeepsMembersOfLargeMaps(t *testing.T) {
	texts, places := map[string]int{}, map[int]place{}
	for i := range 1000 {
		texts[strconv.Itoa(i)], places[i] = i, place{1, 2}
	}
	for _, v := range []any{texts, places} {
		_, _, s := settleAny(v, anyones(), false)
		var got map[string]any
		if err := json.Unmarshal([]byte(s), &got); err != nil || len(got) < 20 || got[mark] == nil {
			t.Errorf("%T: %d members, %v, want 20 or more and a mark: %s", v, len(got), err, s)
		}
	}
}
