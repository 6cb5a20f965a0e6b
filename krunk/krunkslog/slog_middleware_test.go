package krunkslog_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkslog"
)

// marking is a handler of the game's own in front of the bridge.
type marking struct{ slog.Handler }

func (m marking) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.Int("mark", 1))
	return m.Handler.Handle(ctx, r)
}

// A handler in front of the bridge is not where the record was logged: the record's own PC says where.
func TestTopFrameBehindAnotherHandler(t *testing.T) {
	c, srv := bridgetest.Start(t)
	slog.New(marking{krunkslog.New(c.Channel("game"), nil)}).Error("m")
	c.Flush(time.Minute)
	if got := srv.Events()[0].Top().Function; got != "TestTopFrameBehindAnotherHandler" {
		t.Errorf("top frame %s, want the line that called slog", got)
	}
}
