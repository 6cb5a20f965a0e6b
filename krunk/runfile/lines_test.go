//go:build unix || windows

package runfile_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
)

// words reads lines of a message and "key=value".
type words struct{}

func (words) Read(line string) (message string, attrs []krunk.Attr) {
	message, rest, _ := strings.Cut(line, " ")
	for _, w := range strings.Fields(rest) {
		key, value, _ := strings.Cut(w, "=")
		attrs = append(attrs, krunk.String(key, value))
	}
	return message, attrs
}

func (words) Done() {}

func linesOf(c *krunk.Client) *krunk.Lines {
	return c.Channel("lib").Lines("words", func() krunk.LineReader { return words{} })
}

// saysLines dies with lines that nobody has read.
func saysLines(c *krunk.Client) {
	l := linesOf(c)
	for range 20 {
		l.Emit(krunk.LevelInfo, []byte("lost peer=10.0.0.7 token=hunter2 seq=17"))
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
}

// Lines of a run that died are read by a start that knows their format, and are texts in one that does not, without what is private in both.
func TestLinesOutliveTheProgram(t *testing.T) {
	for _, tt := range []struct {
		name  string
		known bool
		want  string
	}{
		{"known", true, `"seq":{"value":"17"`},
		{"unknown", false, `"body":"lost`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder.Held(t)
			play(t, "lines", dir)
			var box inbox
			cfg := config(dir, &box)
			cfg.Consent = krunk.Ask // or the dead run may be read before the format is known
			c := start(t, cfg)
			if tt.known {
				linesOf(c)
			}
			c.Consent(krunk.Granted)
			if !c.Flush(time.Minute) {
				t.Errorf("flush: %+v", c.Stats())
			}
			c.Close(time.Minute)
			all := box.all()
			if n := strings.Count(all, `"body":"lost`); n != 20 {
				t.Errorf("%d records arrived, want 20", n)
			}
			if n := strings.Count(all, tt.want); n != 20 {
				t.Errorf("%s: %d times, want 20", tt.want, n)
			}
			for _, secret := range []string{"10.0.0.7", "hunter2"} {
				if strings.Contains(all, secret) {
					t.Errorf("%s is told", secret)
				}
			}
			if t.Failed() {
				t.Log(all)
			}
		})
	}
}
