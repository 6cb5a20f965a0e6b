package runfile

import "testing"

func TestNamed(t *testing.T) {
	for s, want := range map[string]bool{
		"0000000000000001-00000002.run": true, "0000000000000001-00000002.tmp": false, "../0000000000001-00000002.run": false,
		"000000000000000A-00000002.run": false, "": false, "0000000000000001_00000002.run": false,
	} {
		if got := Named(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func TestSizeOfAnError(t *testing.T) {
	for n, want := range map[int]string{1: "1 KiB", 1 << 20: "1 MiB", 1<<20 + 4096: "1028 KiB", 840 << 10: "840 KiB", -5: "0 KiB", 0: "0 KiB"} {
		if got := kib(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
