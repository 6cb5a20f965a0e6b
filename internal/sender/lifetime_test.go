package sender

import (
	"errors"
	"testing"
)

func TestLifetime(t *testing.T) {
	l := newLifetime()
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
}
