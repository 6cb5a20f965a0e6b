//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

type (
	weapon string
	degree float32
	point  struct{ X, Y int }
	named  struct{ name string }
)

func (n named) String() string { return "named " + n.name }

func TestAnyOfTheLeanBuild(t *testing.T) {
	self := map[string]any{}
	self["self"] = self
	for _, tt := range []struct {
		name string
		v    any
		kind record.Kind
		want string
	}{
		{"named text", weapon("axe"), record.String, "axe"},
		{"named float", degree(0.5), record.Float64, ""},
		{"struct", point{1, 2}, record.String, "krunk.point"},
		{"Stringer", named{"x"}, record.String, "named x"},
		{"nil", nil, record.String, "<nil>"},
		{"nil pointer", (*time.Time)(nil), record.String, "<nil>"},
		{"list of nil pointers", []any{(*point)(nil), (*time.Time)(nil)}, record.JSON, "[null,null]"},
		{"nil map", map[string]int(nil), record.String, "<nil>"},
		{"list", []any{weapon("axe"), degree(0.5), point{}, named{"x"}, nil, []string(nil), uint64(1 << 60), time.Second, time.Time{}}, record.JSON,
			`["axe",0.5,"krunk.point","named x",null,null,"1152921504606846976","1000ms","0001-01-01T00:00:00Z"]`},
		{"self-holding map", self, record.JSON, `{"self":{"self":{"self":{"self":"…"}}}}`},
	} {
		if k, _, s := settleAny(tt.v, anyones(), false); k != tt.kind || s != tt.want {
			t.Errorf("%s: got kind %d, %s; want %d, %s", tt.name, k, s, tt.kind, tt.want)
		}
	}
}

func TestAnyIsBounded(t *testing.T) {
	many := make(map[string]any, 100_000)
	for i := range 100_000 {
		many[strings.Repeat("k", i%300)+string(rune('a'+i%26))] = many
	}
	for name, v := range map[string]any{
		"map": many, "ints": make([]int, 10_000_000), "texts": []string{strings.Repeat("x", 10<<20), "y"}, "lists": []any{make([]any, 1_000_000), many},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, s := settleAny(v, anyones(), false)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
			t.Errorf("%s: %d bytes were allocated, want at most 64 KiB", name, n)
		}
		if len(s) > anyMax || !protocol.Valid([]byte(s)) {
			t.Errorf("%s: %d bytes, not JSON: %s", name, len(s), s)
		}
	}
}
