// Package krunkslog stands where the bridge from slog stands.
package krunkslog

import (
	"context"
	"log/slog"

	"github.com/krunk-go/krunk/krunk"
)

// Handler reports every record.
type Handler struct{ slog.Handler }

// Enabled always says yes.
func (Handler) Enabled(context.Context, slog.Level) bool { return true }

// Handle prints the stack of the call.
func (Handler) Handle(context.Context, slog.Record) error {
	krunk.Report("slog")
	return nil
}
