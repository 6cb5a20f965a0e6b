package stack

import (
	"runtime"
	"testing"
)

func TestBuild(t *testing.T) {
	b := Fingerprint()
	if b.Base == 0 || b != Fingerprint() {
		t.Errorf("got %+v, and then %+v", b, Fingerprint())
	}
	for print, want := range map[uint64]bool{b.Print: true, 0: false, b.Print + 1: false} {
		if b.Same(print) != want {
			t.Errorf("%x: want %v", print, want)
		}
	}
	at := uintptr(b.Base)
	first, last := edge(at, false), edge(at, true)
	if first >= at || last <= at || runtime.FuncForPC(first-16) != nil || runtime.FuncForPC(last+16) != nil {
		t.Errorf("the code reaches from %x over %x to %x, and further", first, at, last)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	for b.Loop() {
		Fingerprint()
	}
}
