package krunk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// keep writes the events that srv got to a file in the folder that KRUNK_EVENTS names, one a line. There .ci/run relay runs
// them through Relay's own normaliser.
func keep(t *testing.T, srv *sentrytest.Server) {
	dir := os.Getenv("KRUNK_EVENTS")
	if dir == "" {
		return
	}
	var b bytes.Buffer
	for _, ev := range srv.Events() {
		b.Write(ev.Raw)
		b.WriteByte('\n')
	}
	for _, f := range srv.Feedback() {
		b.Write(f.Raw)
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return
	}
	name := strings.NewReplacer("/", "-", " ", "_").Replace(t.Name())
	f, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// Events of random calls arrive, and a server finds nothing to change in them. Relay's normaliser gets a thousand of them.
func TestRandomEvents(t *testing.T) {
	events := 200
	if os.Getenv("KRUNK_EVENTS") != "" {
		events = 1000
	}
	c, srv := start(t, krunk.Config{MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}})
	r, player := random{rand.New(rand.NewPCG(8, 26))}, random{rand.New(rand.NewPCG(8, 27))}
	var channels []*krunk.Channel
	for range 20 {
		channels = append(channels, c.Channel(r.text()))
	}
	for n := range events {
		ch := channels[r.IntN(len(channels))]
		for range r.IntN(4) {
			r.scope(c)
		}
		for range r.IntN(4) {
			ch.Info(r.text(), r.attrs()...)
		}
		if r := player; r.IntN(4) == 0 {
			words := pick(r, "stuck", strings.Repeat(r.text()+".", 500)) + r.text()
			c.Feedback(words, append(r.attrs(), krunk.String("name", r.text()), krunk.String("email", r.text()), krunk.Attach(krunk.Attachment{Name: r.text(), ContentType: r.text(), Data: []byte(r.text())}))...)
		}
		switch r.IntN(4) {
		case 0:
			ch.Error(r.text(), r.attrs()...)
		case 1:
			func() {
				defer c.Recover()
				panic(r.value())
			}()
		default:
			ch.Report(r.err(3), r.attrs()...)
		}
		if n%10 == 9 && !c.Flush(time.Minute) {
			t.Fatal("Flush timed out")
		}
	}
	if n := len(srv.Feedback()); n < events/8 {
		t.Errorf("%d feedbacks arrived", n)
	}
	if n := len(srv.Events()); n != events {
		t.Errorf("%d events arrived, want %d", n, events)
	}
}

// Numbers of hundreds of digits, and whole ones that 64 bits do not hold, go as what servers read as them, wherever they stand. Relay counts all digits
// against the 2 KiB of a breadcrumb's data and the 8 of a context, and reads 0 for the latter.
func TestExtremeNumbers(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	var attrs []krunk.Attr
	for i, f := range []float64{1e308, -math.MaxFloat64, 5e-324, 1e20, -3e19, 1e-9, 1.8e307, 1e300, 1e299, 1e298, 1e297, 1e296, 1.5} {
		attrs = append(attrs, krunk.Float64(fmt.Sprint("f", i), f))
	}
	attrs = append(attrs, krunk.Any("list", []float64{1e308, 1e307, 1e306, 1e305, 1e20, 5e-324, 0.5, 1e16}),
		krunk.Any("raw", json.RawMessage(`{"a":1e308,"b":[18446744073709551616,1e-308,1.7976931348623157e308]}`)))
	c.Channel("net").Info("crumb", attrs...)
	c.SetContext("physics", attrs...)
	c.Report(errors.New("boom"), attrs...)
	if !c.Flush(time.Minute) {
		t.Fatalf("not flushed: %+v", c.Stats())
	}
	e := srv.Events()[0]
	if n := len(regexp.MustCompile(`[:,\[]-?[0-9.]+e`).FindAll(e.Raw, -1)); n != 0 {
		t.Errorf("%d numbers have an exponent in %s", n, e.Raw)
	}
	wants := []string{`"f0":"1e+308"`, `"f2":"5e-324"`, `"f3":100000000000000000000.0`, `"f4":-30000000000000000000.0`, `"f5":0.000000001`, `"f12":1.5`}
	if !strings.Contains(string(e.Raw), `"raw":"json.RawMessage"`) { // which is all that the lean build says about it
		wants = append(wants, `"18446744073709551616"`)
	}
	for _, want := range wants {
		if n := strings.Count(string(e.Raw), want); n != 3 {
			t.Errorf("%s stands there %d times, want 3, in %s", want, n, e.Raw)
		}
	}
}

// random makes the arguments of calls: mostly those of a game, now and then what no one should send.
type random struct{ *rand.Rand }

func pick[T any](r random, list ...T) T { return list[r.IntN(len(list))] }

func (r random) text() string {
	s := pick(r, "", " ", "packet lost", "open save.dat: no space", "läng", "名前", "\xff\xfe", "a\nb", "\u2028<&>\"\\", "\x00\x1b[31m", "😀", "8 GB", "profile", "3", "true", "2026-09-21")
	switch r.IntN(20) {
	case 0:
		return strings.Repeat(s+"x", 1<<r.IntN(11))
	case 1, 2:
		return " " + s + pick(r, "", "\t", "\x7f", "\xed\xa0\x80") + s
	}
	return s
}

func (r random) key() string {
	if r.IntN(6) == 0 {
		return r.text()
	}
	return pick(r, "type", "name", "version", "vendor_id", "memory_size", "free_memory", "rooted", "view_names", "values", "id", "seq", "frame", "krunk", "level",
		"krunk.p", "sentry.release", "release", "environment", "timestamp", "data", "message", "peer", "hp", "scene", "status_code", "replay_id", "trace_id", "b", "krunk_trimmed",
		"battery_level", "screen_density", "online", "app_start_time", "boot_time", "type_", "processor_count", "build", "support_code")
}

func (r random) value() any {
	switch r.IntN(16) {
	case 0:
		return nil
	case 1:
		return r.text()
	case 2:
		return r.IntN(1000) - 300
	case 3:
		return pick[any](r, uint64(math.MaxUint64), int64(math.MinInt64), uint64(76561198122624102), int32(-1), uint8(7))
	case 4:
		return pick(r, math.NaN(), math.Inf(1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e308, 3.0, 0.5, 1e21, 1e20, -3e19, 1e-9)
	case 5:
		return r.IntN(2) == 0
	case 6:
		if r.IntN(2) == 0 {
			return []float64{r.Float64() * 1e308, 1e20, r.Float64() * 1e-300, 0.25, 1e308, 1e-308}
		}
		return []string{r.text(), r.text()}
	case 7:
		return []any{r.value(), r.value()}
	case 8, 9:
		return map[string]any{r.key(): r.value(), r.key(): r.value(), "nested": r.value()}
	case 10:
		return struct {
			Name string
			At   time.Time
			In   any
		}{r.text(), time.Time{}, r.value()}
	case 11:
		return r.err(2)
	case 12:
		return pick[any](r, time.Second, time.Time{}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), make(chan int), complex(1, 2), named{"x"}, (*int)(nil), []byte("x"), hostile{})
	case 13:
		v := any(r.text())
		for range r.IntN(12) {
			v = map[string]any{"n": v}
		}
		return v
	}
	return r.IntN(10)
}

func (r random) err(depth int) error {
	if depth == 0 || r.IntN(3) == 0 {
		return pick[error](r, errors.New(r.text()), os.ErrNotExist, hostile{}, endless{}, &os.PathError{Op: "open", Path: r.text(), Err: os.ErrPermission})
	}
	if r.IntN(3) == 0 {
		return errors.Join(r.err(depth-1), r.err(depth-1))
	}
	return fmt.Errorf("%s: %w", r.text(), r.err(depth-1))
}

func (r random) attrs() (out []krunk.Attr) {
	for range pick(r, 0, 0, 1, 2, 3, 4, 5, 1<<r.IntN(8)) {
		switch k := r.key(); r.IntN(9) {
		case 0, 1:
			out = append(out, krunk.String(k, r.text()))
		case 2:
			out = append(out, krunk.Int(k, r.IntN(1<<30)-1000))
		case 3:
			out = append(out, krunk.Uint64(k, r.Uint64()>>r.IntN(64)))
		case 4:
			out = append(out, krunk.Float64(k, pick(r, 0.5, 3, 1e21, 1e20, -1e-7, 1e-15, math.MaxFloat64, math.Inf(-1), math.NaN())))
		case 5:
			out = append(out, krunk.Bool(k, r.IntN(2) == 0), krunk.Duration(k+"d", time.Duration(r.IntN(1e9))))
		case 6:
			out = append(out, krunk.Time(k, pick(r, time.Time{}, time.Now(), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1914, 7, 28, 0, 0, 0, 0, time.UTC))))
		case 7:
			out = append(out, krunk.Err(r.err(2)))
		default:
			out = append(out, krunk.Any(k, r.value()))
		}
	}
	return out
}

func (r random) scope(c *krunk.Client) {
	switch r.IntN(5) {
	case 0:
		c.SetUser(krunk.User{ID: r.text(), Name: r.text(), Email: r.text()})
	case 1, 2:
		c.SetTag(r.key(), r.text())
	default:
		name := pick(r, "device", "os", "runtime", "app", "gpu", "browser", "culture", "trace", "profile", "replay", "response", "flags", "feedback", "memory_info", "threadpool_info",
			"otel", "reprocessing", "spring", "unity", "krunk", "attributes", "error_sampling", "krunk_trimmed", "match", "Loadout", r.text())
		c.SetContext(name, r.attrs()...)
	}
}
