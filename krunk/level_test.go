package krunk_test

import (
	"math"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

func TestLevelNames(t *testing.T) {
	for _, tt := range []struct {
		level krunk.Level
		want  string
	}{
		{krunk.LevelTrace, "trace"}, {krunk.LevelDebug, "debug"}, {krunk.LevelInfo, "info"}, {krunk.LevelWarn, "warn"},
		{krunk.LevelError, "error"}, {krunk.LevelFatal, "fatal"},
		{-10, "trace-2"}, {-7, "trace+1"}, {-1, "debug+3"}, {2, "info+2"}, {5, "warn+1"}, {11, "error+3"}, {20, "fatal+8"},
		{math.MaxInt32, "fatal+32754"}, {math.MinInt32, "trace-32760"}, // the ends of what a gate compares
	} {
		if got := tt.level.String(); got != tt.want {
			t.Errorf("level %d is %q, want %q", tt.level, got, tt.want)
		}
	}
}

// A level in between is wanted from its own place on, not from that of its name.
func TestLevelsInBetween(t *testing.T) {
	c := quiet(t, krunk.Config{Channels: map[string]krunk.Thresholds{
		"warn": {Trail: "warn", Issue: "off"}, "off": {Trail: "off", Send: "off", Issue: "off"},
	}})
	for _, tt := range []struct {
		channel string
		level   krunk.Level
		want    bool
	}{
		{"warn", 3, false}, {"warn", 4, true}, {"warn", 5, true}, {"warn", 100, true}, {"warn", -100, false},
		{"warn", math.MaxInt32, true}, {"warn", math.MinInt32, false},
		{"off", krunk.LevelFatal, false}, {"off", 1000, false}, {"off", math.MaxInt32, false},
		{"default", -5, false}, {"default", -4, true}, {"default", -3, true},
	} {
		ch := c.Channel(tt.channel)
		if got := ch.Enabled(tt.level); got != tt.want {
			t.Errorf("channel %s, level %d: enabled %v, want %v", tt.channel, tt.level, got, tt.want)
		}
		before := c.Stats().History
		ch.Log(tt.level, "m")
		c.Flush(time.Minute)
		if got := c.Stats().History != before; tt.channel == "warn" && got != tt.want {
			t.Errorf("channel %s, level %d: kept %v, want %v", tt.channel, tt.level, got, tt.want)
		}
	}
}
