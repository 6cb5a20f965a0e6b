package sender

import (
	"errors"
	"testing"
)

func TestLifetime(t *testing.T) {
	l := new(lifetime)
	select {
	case <-l.Done():
		t.Error("a new lifetime has ended")
	default:
	}
	if l.Err() != nil {
		t.Errorf("a new lifetime has the error %v", l.Err())
	}
	l.end(errTimeout)
	l.end(errors.New("too late"))
	<-l.Done()
	if l.Err() != errTimeout {
		t.Errorf("got %v, want the first reason", l.Err())
	}
	late := new(lifetime) // whose end comes before anybody asks
	late.end(errStopped)
	if <-late.Done(); late.Err() != errStopped {
		t.Errorf("got %v, want %v", late.Err(), errStopped)
	}
}
