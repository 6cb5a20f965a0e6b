package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAppendMerged(t *testing.T) {
	for _, tt := range []struct{ name, a, b, want string }{
		{"one key twice", `{"name":"linux amd64","arch":"amd64"}`, `{"name":"Steam Deck","memory_size":1}`, `{"arch":"amd64","name":"Steam Deck","memory_size":1}`},
		{"nothing to add", `{"a":[1,{"b":2}]}`, `{}`, `{"a":[1,{"b":2}]}`},
		{"nothing there", `{}`, `{"a":"}{,\""}`, `{"a":"}{,\""}`},
		{"spaces", " { \"a\" : 1 , \"b\" : 2 } ", `{"b":3}`, `{"a":1,"b":3}`},
	} {
		if got := string(AppendMerged(nil, Raw(tt.a), Raw(tt.b))); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// ofTexts returns an object of texts of these lengths.
func ofTexts(lens ...int) Raw {
	b := []byte{'{'}
	for i, n := range lens {
		b = append(AppendKey(b, fmt.Sprint("k", i)), `"`+strings.Repeat("x", n)+`"`...)
	}
	return append(b, '}')
}

func TestAppendShrunk(t *testing.T) {
	for _, tt := range []struct {
		name       string
		o          Raw
		max        int
		short, out string
	}{
		{"ten of 1,000 bytes", ofTexts(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000), 8000, "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9", ""},
		{"the longest first", ofTexts(10, 4000, 500, 4000), 6000, "k1 k3", ""},
		{"a text beside a number", Raw(`{"text":"` + strings.Repeat("x", 2048) + `","n":17}`), 2048, "text", ""},
		{"128 of 100 bytes", ofTexts(make128(100)...), 8000, keys(0, 81) + " ...", ""},
		{"too many", ofTexts(make128(100)...), 2000, keys(0, 37), keys(38, 76) + " ..."},
		{"lists and objects", Raw(`{"list":[` + strings.Repeat(`"a",`, 500) + `1],"n":1.5,"o":{"a":"` + strings.Repeat(`\"`, 500) + `"}}`), 1000, "list o", ""},
		{"escapes", Raw(`{"a":"` + strings.Repeat(`\u0001\ud83d\ude00é\n`, 300) + `","b":true}`), 333, "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := AppendShrunk([]byte("kept"), tt.o, tt.max)[len("kept"):]
			var before, after map[string]any
			if err := json.Unmarshal(tt.o, &before); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(got, &after); err != nil || !Valid(got) || len(got) > tt.max || len(got) < tt.max*3/4 {
				t.Fatalf("got %d bytes, want at most and about %d: %v in %s", len(got), tt.max, err, got)
			}
			if got := [2]string{names(after, ShortenedKey), names(after, LeftOutKey)}; got != [2]string{tt.short, tt.out} {
				t.Errorf("shortened and left out: got %q, want %q and %q", got, tt.short, tt.out)
			}
			for k, v := range after {
				if s, ok := v.(string); ok && v != before[k] && (!strings.HasSuffix(s, "...") || strings.Contains(s, "\ufffd")) {
					t.Errorf("%s: got %s, want dots at its end", k, s)
				} else if !ok && fmt.Sprint(v) != fmt.Sprint(before[k]) {
					t.Errorf("%s: got %v, want it as it was: %v", k, v, before[k])
				}
			}
		})
	}
}

// keys returns the names of the texts from..to.
func keys(from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint("k", i))
	}
	return strings.Join(all, " ")
}

// names takes a list out of an object.
func names(o map[string]any, key string) string {
	list, _ := o[key].([]any)
	delete(o, key)
	return strings.Trim(fmt.Sprint(list), "[]")
}

func make128(n int) (lens []int) {
	for range 128 {
		lens = append(lens, n)
	}
	return lens
}

func TestAppendFlat(t *testing.T) {
	for _, tt := range []struct {
		v     string
		depth int
		want  string
	}{
		{`17`, 0, `17`},
		{`{"a":"}]"}`, 0, `"{\"a\":\"}]\"}"`},
		{`{"a":{"b":[1,"\""]},"c":[2]}`, 1, `{"a":"{\"b\":[1,\"\\\"\"]}","c":"[2]"}`},
		{`{"a":{"b":[1]},"c":[2]}`, 2, `{"a":{"b":"[1]"},"c":[2]}`},
		{`{"a":{"b":[1]},"c":[2]}`, 3, `{"a":{"b":[1]},"c":[2]}`},
		{" { \"a b\" : [ 1 , { \"c\" : \"d \\\" e\" } ] ,\n\t\"e\":{ } } ", 2, `{"a b":[1,"{ \"c\" : \"d \\\" e\" }"],"e":{}}`},
	} {
		if got := string(AppendFlat(nil, Raw(tt.v), tt.depth)); got != tt.want {
			t.Errorf("%s in %d levels: got %s, want %s", tt.v, tt.depth, got, tt.want)
		}
	}
}

// Whatever an object is, it fits when it was shrunk, and has each key once when it was merged.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":"\ud83d\ude00\u0001x","b":[1,{"c":"d"}],"a":1e308}`), 40)
	f.Add([]byte(` { "a" : 1 } `), 2)
	f.Fuzz(func(t *testing.T, b []byte, max int) {
		if !Valid(b) || max < 64 || max > 1<<16 {
			return
		}
		if got := AppendShrunk(nil, b, max); !Valid(got) || len(got) > max {
			t.Errorf("shrunk to %d: %s", max, got)
		}
		if got := AppendFlat(nil, b, max%6); !Valid(got) {
			t.Errorf("flat: %s", got)
		}
		if got := Typed("device", b); !Valid(got) {
			t.Errorf("typed: %s", got)
		}
		merged := AppendMerged(nil, b, Raw(`{"a":1}`))
		for _, m := range AppendMembers(nil, merged) {
			if string(m.Key) == `"a"` && string(m.Value) != "1" || !Valid(merged) {
				t.Errorf("merged: %s", merged)
			}
		}
	})
}
