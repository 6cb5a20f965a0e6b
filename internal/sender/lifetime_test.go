package sender

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifetime()
		if _, ok := l.Deadline(); ok || l.Err() != nil || l.Value(1) != nil {
			t.Error("a new lifetime has a deadline, an error or a value")
		}
		// What a transport derives ends with it, in the ways that package context knows.
		child, cancel := context.WithTimeout(l, time.Hour)
		defer cancel()
		dropped, drop := context.WithCancel(l)
		drop()
		ran, kept := 0, 0
		context.AfterFunc(l, func() { ran++ })
		stop := l.AfterFunc(func() { kept++ })
		if !stop() || stop() {
			t.Error("stop does not report whether it came in time")
		}
		if dropped.Err() == nil || child.Err() != nil {
			t.Errorf("children: %v and %v", dropped.Err(), child.Err())
		}
		l.end(context.DeadlineExceeded)
		l.end(errors.New("too late"))
		<-l.Done()
		synctest.Wait()
		if l.Err() != context.DeadlineExceeded || child.Err() != context.DeadlineExceeded {
			t.Errorf("lifetime ended with %v, its child with %v", l.Err(), child.Err())
		}
		if ran != 1 || kept != 0 {
			t.Errorf("functions ran %d and %d times, want 1 and 0", ran, kept)
		}
		late := false
		if l.AfterFunc(func() { late = true })() {
			t.Error("a function given after the end can be stopped")
		}
		synctest.Wait()
		if !late {
			t.Error("a function given after the end did not run")
		}
	})
}
