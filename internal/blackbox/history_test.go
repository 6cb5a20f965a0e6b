package blackbox

import (
	"bytes"
	"fmt"
	"testing"
)

func TestHistoryBuffer(t *testing.T) {
	kept := NewHistoryBuffer(Words(64 << 10))
	for i := range 250 {
		kept.Add(fmt.Appendf(nil, "crumb %d", i))
	}
	if kept.Len() != MaxHistory {
		t.Fatalf("kept %d, want %d", kept.Len(), MaxHistory)
	}
	for i := range MaxHistory {
		if want := fmt.Sprintf("crumb %d", 150+i); string(kept.At(i)) != want {
			t.Fatalf("entry %d is %q, want %q", i, kept.At(i), want)
		}
	}
	small := NewHistoryBuffer(Words(1 << 10))
	for i := range 500 {
		small.Add(bytes.Repeat([]byte{byte(i)}, 1+i%300))
		for j := range small.Len() {
			n := i - small.Len() + 1 + j
			if b := small.At(j); len(b) != min(1+n%300, 256-historyHeader) || b[0] != byte(n) || b[len(b)-1] != byte(n) {
				t.Fatalf("after %d: entry %d is not crumb %d", i, j, n)
			}
		}
	}
}
