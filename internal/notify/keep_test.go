package notify

import (
	"runtime"
	"slices"
	"testing"
)

func TestKeep(t *testing.T) {
	var calls, lost int
	ends := []func() bool{
		func() bool { panic("in foreign code") },
		func() bool { return false },
		func() bool { runtime.Goexit(); return true },
		func() bool { panic("in the second goroutine") },
		func() bool { runtime.Goexit(); return true },
		func() bool { return true },
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		Keep(func() bool {
			calls++
			return ends[calls-1]()
		}, func(any) { lost++ })
	}()
	<-over
	if got, want := []int{calls, lost}, []int{6, 4}; !slices.Equal(got, want) {
		t.Errorf("calls and losses %v, want %v", got, want)
	}
}
