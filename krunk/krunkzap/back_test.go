package krunkzap_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkzap"
)

// discarding is zap as a program has it, but for where it writes.
func discarding() zapcore.Core {
	return zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel)
}

func TestCallsBack(t *testing.T) {
	bridgetest.CallsBack(t, func(channel *krunk.Channel) bridgetest.Say {
		l := zap.New(discarding(), krunkzap.Beside(channel, nil))
		return func(err error) { l.Error("said", zap.Error(err)) }
	})
}

// What zap itself makes of a core for log/slog keeps slog's contract.
func TestSlogtest(t *testing.T) {
	bridgetest.Slogtest(t, func(channel *krunk.Channel) slog.Handler { return zapslog.NewHandler(krunkzap.New(channel, nil)) })
}

func BenchmarkBeside(b *testing.B) {
	bridgetest.Beside(b, func(channel *krunk.Channel) (alone, both func(int)) {
		log := func(l *zap.Logger) func(int) {
			return func(i int) { l.Info("packet lost", zap.Int("seq", i), zap.Duration("rtt", 31*time.Millisecond)) }
		}
		return log(zap.New(discarding())), log(zap.New(discarding(), krunkzap.Beside(channel, nil)))
	})
}
