package recorder

import "testing"

// A value from outside goes out only as JSON that every server reads.
func TestNestedValues(t *testing.T) {
	for _, tt := range []struct{ v, want string }{
		{`{"a":[1,"b"]}`, `{"a":[1,"b"]}`},
		{`{"path":"/home/anna/x","token":"abc"}`, `{"path":"~/x","token":"[Filtered]"}`},
		{`{"a":`, notJSON},
		{`1e999`, notJSON},
		{`{"a":"\ud800"}`, notJSON},
		{"\xff", notJSON},
		{"", notJSON},
	} {
		c := cleanerOf("")
		if got := c.nested.clean(c.Scrubber, tt.v); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.v, got, tt.want)
		}
	}
	c := cleanerOf("")
	for _, n := range []*Nested{nil, new(Nested)} {
		if got := n.clean(c.Scrubber, `{"a":1}`); got != notJSON {
			t.Errorf("nobody has a value of any type: got %s", got)
		}
	}
}
