//go:build !(js || wasip1 || arm || nintendosdk || playstation5 || microsoftgdk || krunk_lean) || krunk_gojson

package protocol

import (
	"errors"
	"strings"
	"testing"
)

type panics struct{ v any }

func (p panics) MarshalJSON() ([]byte, error) { panic(p.v) }

func TestPanicBecomesError(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"error", errors.New("boom"), "boom"},
		{"text", "bang", "bang"},
		{"other", 7, "panicked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Encoder
			out, err := e.run([]byte("kept"), panics{tt.v})
			if err == nil || !strings.Contains(err.Error(), tt.want) || string(out) != "kept" {
				t.Fatalf("got %q, %v", out, err)
			}
			var l lean
			both(t, &e, &l, full()) // it works on
		})
	}
}

func TestErrorLeavesDst(t *testing.T) {
	var e Encoder
	out, err := e.run([]byte("kept"), make(chan int))
	if err == nil || string(out) != "kept" {
		t.Fatalf("got %q, %v", out, err)
	}
}
