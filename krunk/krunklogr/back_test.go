package krunklogr_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"k8s.io/klog/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunklogr"
)

// discarding is logr with its own sink, but for where that writes.
func discarding() logr.Logger {
	return funcr.NewJSON(func(line string) { _, _ = io.WriteString(io.Discard, line) }, funcr.Options{LogTimestamp: true})
}

func beside(channel *krunk.Channel) logr.Logger {
	return logr.New(krunklogr.New(channel, &krunklogr.Options{Next: discarding().GetSink()}))
}

func TestCallsBack(t *testing.T) {
	bridgetest.CallsBack(t, func(channel *krunk.Channel) bridgetest.Say {
		l := beside(channel)
		return func(err error) { l.Error(err, "said") }
	})
}

// klog's own sink leads to the logger that klog was given.
func TestCycle(t *testing.T) {
	c, srv := bridgetest.Start(t)
	klog.SetLogger(logr.New(krunklogr.New(c.Channel("net"), &krunklogr.Options{Next: klog.NewKlogr().GetSink()})))
	defer klog.ClearLogger()
	for range 3 {
		klog.InfoS("packet lost", "seq", 17)
		klog.ErrorS(io.EOF, "connection lost")
	}
	c.Flush(time.Minute)
	told := 0
	for _, l := range srv.Logs() {
		if l.Level == "warn" && strings.Contains(l.Body, "leads back") {
			told++
		}
	}
	if n := len(srv.Logs()); told != 1 || n < 7 || n > 20 {
		t.Errorf("%d records arrived, %d of which told of the cycle; want few and one", n, told)
	}
}

// What logr itself makes of a sink for log/slog keeps slog's contract.
func TestSlogtest(t *testing.T) {
	bridgetest.Slogtest(t, func(channel *krunk.Channel) slog.Handler {
		return logr.ToSlogHandler(logr.New(krunklogr.New(channel, nil)))
	})
}

func BenchmarkBeside(b *testing.B) {
	bridgetest.Beside(b, func(channel *krunk.Channel) (alone, both func(int)) {
		log := func(l logr.Logger) func(int) {
			return func(i int) { l.Info("packet lost", "seq", i, "rtt", 31*time.Millisecond) }
		}
		return log(discarding()), log(beside(channel))
	})
}
