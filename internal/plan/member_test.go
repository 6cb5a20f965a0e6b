package plan

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// readings are the Go types that values become. What becomes nothing, or has its place by what the object is, is given the object.
var readings = map[reading]reflect.Type{
	texts: reflect.TypeFor[string](), times: reflect.TypeFor[Moment](), levels: reflect.TypeFor[gate.Level](), rates: reflect.TypeFor[Rate](),
	spans: reflect.TypeFor[time.Duration](), ids: reflect.TypeFor[IDKind](), salts: reflect.TypeFor[string](), percents: reflect.TypeFor[uint32](),
	counts: reflect.TypeFor[uint32](), wides: reflect.TypeFor[int64](), yes: reflect.TypeFor[bool](), no: reflect.TypeFor[bool](),
	channelLists: reflect.TypeFor[[]Entry](), whos: reflect.TypeFor[Condition](),
}

// objects are those that a reading casts the object itself to, or leaves alone.
var objects = map[reading]reflect.Type{
	hashes: reflect.TypeFor[Document](), formats: reflect.TypeFor[Document](), ruleLists: reflect.TypeFor[Document](), kindLists: reflect.TypeFor[Document](),
	pullLists: reflect.TypeFor[Document](), ceilings: reflect.TypeFor[Document](), paces: reflect.TypeFor[Document](), ramps: reflect.TypeFor[Fields](),
	whens: reflect.TypeFor[Rule](), sets: reflect.TypeFor[Rule](),
}

// placed returns the name of the field of that type at an offset, however deep it is embedded.
func placed(object reflect.Type, at uintptr, is reflect.Type) (name string, ok bool) {
	for i := range object.NumField() {
		f := object.Field(i)
		switch {
		case f.Offset == at && f.Type == is:
			return f.Name, true
		case f.Type.Kind() == reflect.Struct && f.Offset <= at && at < f.Offset+f.Type.Size():
			return placed(f.Type, at-f.Offset, is)
		}
	}
	return "", false
}

// Values are written through unsafe pointers: each member's reading must be of the type that stands at its offset, and that field the one which
// its name says.
func TestMembersFit(t *testing.T) {
	other := map[string]string{"version": "N", "enabled": "Disabled", "mute": "Silent", "player": "Who", "client": "Who", "match": "Who"}
	all := map[reading]bool{}
	for _, tt := range []struct {
		names  string
		list   []member
		object reflect.Type
	}{
		{documentNames, documentMembers[:], reflect.TypeFor[Document]()},
		{paceNames, paceMembers[:], reflect.TypeFor[Document]()},
		{fieldNames, fieldMembers[:], reflect.TypeFor[Fields]()},
		{stepNames, stepMembers[:], reflect.TypeFor[Step]()},
		{ruleNames + " from", ruleMembers[:], reflect.TypeFor[Rule]()},
		{kindNames, kindMembers[:], reflect.TypeFor[KindRule]()},
		{pullNames, pullMembers[:], reflect.TypeFor[Pull]()},
	} {
		names := strings.Split(tt.names, " ")
		if len(names) != len(tt.list) {
			t.Fatalf("%s: %d members for %d names: the last would be read beyond the table, or never", tt.object, len(tt.list), len(names))
		}
		for i, m := range tt.list {
			all[m.read] = true
			if object, ok := objects[m.read]; ok {
				if m.to != 0 || object != tt.object {
					t.Errorf("%s.%s: at %d of a %s, want 0 of a %s", tt.object, names[i], m.to, tt.object, object)
				}
				continue
			}
			want := names[i]
			if other[want] != "" {
				want = other[want]
			}
			got, ok := placed(tt.object, uintptr(m.to), readings[m.read])
			if !ok || !strings.EqualFold(got, want) {
				t.Errorf("%s.%s: a %s is written at %d, where %q stands, want %s", tt.object, names[i], readings[m.read], m.to, got, want)
			}
		}
	}
	for r := texts; r <= whos; r++ {
		if !all[r] {
			t.Errorf("reading %d is of no member", r)
		}
	}
}

// A step that lacks its time, or its share, is an error also where the share is one that publishers are warned of.
func TestRampStepOfASmallShare(t *testing.T) {
	for _, step := range []string{`{"clients":0.5}`, `{"clients":5}`, `{"at":"2026-12-01T00:00:00Z"}`, `{"at":"0001-01-01T00:00:00Z","clients":0.5}`} {
		_, fault := Parse([]byte(`{"krunk":1,"version":1,"clients":0,"ramp":[` + step + `]}`))
		if fault.Code == "" || fault.Code != "E19" || fault.Path != "ramp[0]" {
			t.Errorf("%s: got %+v, want E19 at ramp[0]", step, fault)
		}
	}
}

// Of several rules that are not understood the first one is told.
func TestPartialIsTheFirst(t *testing.T) {
	doc, fault := Parse([]byte(`{"krunk":1,"version":1,"rules":[{"id":"a","when":{"release":[">=x"]}},{"id":"b","when":{"moon":["full"]}}]}`))
	if fault.Code != "" || doc.Partial != "E13" {
		t.Errorf("got %+v and %+v, want E13", doc, fault)
	}
}
