package stack

import "testing"

func TestBuild(t *testing.T) {
	whole, first := Fingerprint(), Glance()
	if whole.Base == 0 || whole.Base != first.Base || whole.First != first.First || first.Print != 0 || whole.Print == whole.First {
		t.Errorf("got %+v and at a glance %+v", whole, first)
	}
	for print, want := range map[uint64]bool{whole.Print: true, whole.First: true, 0: false, whole.Print + 1: false} {
		if whole.Same(print) != want || first.Same(print) && print != first.First {
			t.Errorf("%x: want %v", print, want)
		}
	}
}

func BenchmarkGlance(b *testing.B) {
	for b.Loop() {
		Glance()
	}
}

func BenchmarkFingerprint(b *testing.B) {
	for b.Loop() {
		Fingerprint()
	}
}
