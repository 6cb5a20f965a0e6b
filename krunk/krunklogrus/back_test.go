package krunklogrus_test

import (
	"io"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunklogrus"
)

// discarding is logrus as a program has it, but for where it writes.
func discarding(hooks ...logrus.Hook) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	for _, h := range hooks {
		l.AddHook(h)
	}
	return l
}

// unformatted writes nothing: logrus formats under its lock, so that a value which logs hangs it with and without a hook.
type unformatted struct{}

func (unformatted) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

func TestCallsBack(t *testing.T) {
	bridgetest.CallsBack(t, func(channel *krunk.Channel) bridgetest.Say {
		l := discarding(krunklogrus.New(channel, nil))
		l.SetFormatter(unformatted{})
		return func(err error) { l.WithError(err).Error("said") }
	})
}

func BenchmarkBeside(b *testing.B) {
	bridgetest.Beside(b, func(channel *krunk.Channel) (alone, both func(int)) {
		log := func(l *logrus.Logger) func(int) {
			return func(i int) { l.WithFields(logrus.Fields{"seq": i, "rtt": 31 * time.Millisecond}).Info("packet lost") }
		}
		return log(discarding()), log(discarding(krunklogrus.New(channel, nil)))
	})
}
