package main

import (
	"io"
	"log"
	"log/slog"
	"time"

	charm "charm.land/log/v2"
	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunklogr"
	"github.com/krunk-go/krunk/krunk/krunklogrus"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/krunk/krunkzap"
	"github.com/krunk-go/krunk/krunk/krunkzerolog"
)

// bridge logs a slow packet and a lost connection by one logger, whose old output goes to old and stays.
type bridge struct {
	name string
	log  func(client *krunk.Client, old io.Writer)
}

const (
	seq = 17
	rtt = 250 * time.Millisecond
)

func bridges() []bridge {
	return []bridge{
		{"zap", overZap}, {"zerolog", overZerolog}, {"logrus", overLogrus}, {"logr", overLogr}, {"slog", overSlog}, {"charm", overCharm}, {"log", overLog},
	}
}

func overZap(client *krunk.Client, old io.Writer) {
	core := zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), zapcore.AddSync(old), zap.DebugLevel)
	logger := zap.New(core, krunkzap.Beside(client.Channel("zap"), &krunkzap.Options{Flush: client.Flush}))
	logger.Warn("packet slow", zap.Int("seq", seq), zap.Duration("rtt", rtt))
	logger.Error("connection lost", zap.Error(dial()))
}

func overZerolog(client *krunk.Client, old io.Writer) {
	writer := krunkzerolog.NewWriter(client.Channel("zerolog"), &krunkzerolog.Options{Flush: client.Flush})
	logger := zerolog.New(zerolog.MultiLevelWriter(old, writer)).With().Timestamp().Logger()
	logger.Warn().Int("seq", seq).Dur("rtt", rtt).Msg("packet slow")
	logger.Error().Err(dial()).Msg("connection lost")
}

func overLogrus(client *krunk.Client, old io.Writer) {
	logger := logrus.New()
	logger.SetOutput(old)
	logger.AddHook(krunklogrus.New(client.Channel("logrus"), &krunklogrus.Options{Flush: client.Flush}))
	logger.WithFields(logrus.Fields{"seq": seq, "rtt": rtt}).Warn("packet slow")
	logger.WithError(dial()).Error("connection lost")
}

// overLogr has no level above info but error, as logr has none.
func overLogr(client *krunk.Client, old io.Writer) {
	line := funcr.New(func(prefix, args string) { _, _ = io.WriteString(old, args+"\n") }, funcr.Options{})
	logger := logr.New(krunklogr.New(client.Channel("logr"), &krunklogr.Options{Next: line.GetSink()}))
	logger.Info("packet slow", "seq", seq, "rtt", rtt)
	logger.Error(dial(), "connection lost")
}

func overSlog(client *krunk.Client, old io.Writer) {
	logger := slog.New(krunkslog.New(client.Channel("slog"), &krunkslog.Options{Next: slog.NewTextHandler(old, nil)}))
	logger.Warn("packet slow", "seq", seq, "rtt", rtt)
	logger.Error("connection lost", "error", dial())
}

// overCharm needs no bridge of its own: a charm.land/log logger is a slog.Handler, which stays as the next one.
func overCharm(client *krunk.Client, old io.Writer) {
	logger := slog.New(krunkslog.New(client.Channel("charm"), &krunkslog.Options{Next: charm.New(old)}))
	logger.Warn("packet slow", "seq", seq, "rtt", rtt)
	logger.Error("connection lost", "error", dial())
}

// overLog has lines, no fields and no levels: each writer has the level that is said here.
func overLog(client *krunk.Client, old io.Writer) {
	channel := client.Channel("log")
	warn := log.New(io.MultiWriter(old, channel.Writer(krunk.LevelWarn)), "", log.LstdFlags)
	fail := log.New(io.MultiWriter(old, channel.Writer(krunk.LevelError)), "", log.LstdFlags)
	warn.Printf("packet %d slow", seq)
	fail.Printf("connection lost: %v", dial())
}
