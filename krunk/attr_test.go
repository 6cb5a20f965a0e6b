package krunk_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/krunk"
)

type celsius float64

type weapon string

type flag bool

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

// Every kind of attribute as it arrives in an event and in a log record.
func TestAttributesOnTheWire(t *testing.T) {
	at := time.Date(2009, 11, 10, 23, 0, 0, 123456789, time.FixedZone("", 3600))
	for _, tt := range []struct {
		name  string
		attr  krunk.Attr
		event any
		log   any
		kind  string // type and unit of the log attribute
	}{
		{"string", krunk.String("k", "v"), "v", "v", "string"},
		{"empty string", krunk.String("k", ""), "", "", "string"},
		{"int", krunk.Int("k", -3), int64(-3), int64(-3), "integer"},
		{"int64", krunk.Int64("k", math.MinInt64), "-9223372036854775808", int64(math.MinInt64), "integer"},
		{"uint64", krunk.Uint64("k", math.MaxInt64), "9223372036854775807", int64(math.MaxInt64), "integer"},
		{"big uint64", krunk.Uint64("k", math.MaxUint64), "18446744073709551615", "18446744073709551615", "string"},
		{"float", krunk.Float64("k", -0.25), -0.25, -0.25, "double"},
		{"infinity", krunk.Float64("k", math.Inf(-1)), "-Inf", "-Inf", "string"},
		{"bool", krunk.Bool("k", true), true, true, "boolean"},
		{"false", krunk.Bool("k", false), false, false, "boolean"},
		{"duration", krunk.Duration("k", 1500*time.Microsecond), 1.5, 1.5, "double millisecond"},
		{"time", krunk.Time("k", at), "2009-11-10T22:00:00.123456789Z", "2009-11-10T22:00:00.123456789Z", "string"},
		{"any nil", krunk.Any("k", nil), "<nil>", "<nil>", "string"},
		{"any nil map", krunk.Any("k", map[string]int(nil)), "<nil>", "<nil>", "string"},
		{"any list", krunk.Any("k", []string{"a", "b"}), []any{"a", "b"}, `["a","b"]`, "string"},
		{"any map", krunk.Any("k", map[string]int{"b": 2, "a": 1}), map[string]any{"a": int64(1), "b": int64(2)}, `{"a":1,"b":2}`, "string"},
		{"any uint8", krunk.Any("k", uint8(7)), int64(7), int64(7), "integer"},
		{"any int32", krunk.Any("k", int32(-7)), int64(-7), int64(-7), "integer"},
		{"any uint", krunk.Any("k", uint(7)), int64(7), int64(7), "integer"},
		{"any float32", krunk.Any("k", float32(0.1)), 0.1, 0.1, "double"},
		{"any named text", krunk.Any("k", weapon("axe")), "axe", "axe", "string"},
		{"any named int", krunk.Any("k", time.March), int64(3), int64(3), "integer"},
		{"any named float", krunk.Any("k", celsius(20.5)), 20.5, 20.5, "double"},
		{"any named bool", krunk.Any("k", flag(true)), true, true, "boolean"},
		{"zero time", krunk.Time("k", time.Time{}), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "string"},
		{"any zero time", krunk.Any("k", time.Time{}), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "string"},
		{"year 2400", krunk.Time("k", time.Date(2400, 2, 29, 1, 2, 3, 4, time.UTC)), "2400-02-29T01:02:03.000000004Z", "2400-02-29T01:02:03.000000004Z", "string"},
		{"year 9999", krunk.Time("k", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "string"},
		{"year 10000", krunk.Time("k", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), "+10000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "string"},
		{"before 1970", krunk.Time("k", time.Date(1969, 12, 31, 23, 59, 59, 5e8, time.UTC)), "1969-12-31T23:59:59.500000000Z", "1969-12-31T23:59:59.500000000Z", "string"},
		{"before the year 0", krunk.Time("k", time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC)), "-0044-03-15T00:00:00Z", "-0044-03-15T00:00:00Z", "string"},
		{"any error", krunk.Any("k", errors.New("boom")), "boom", "boom", "string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := sending(t)
			c.Channel("net").Error("m", tt.attr)
			c.Flush(time.Minute)
			ev, l := srv.Events()[0], srv.Logs()[0]
			if got := ev.Contexts["attributes"]["k"]; fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", tt.event) {
				t.Errorf("in the event: %#v, want %#v", got, tt.event)
			}
			a := l.Attributes["k"]
			if kind := strings.TrimSpace(a.Type + " " + a.Unit); fmt.Sprintf("%#v", a.Value) != fmt.Sprintf("%#v", tt.log) || kind != tt.kind {
				t.Errorf("in the log record: %#v %s, want %#v %s", a.Value, kind, tt.log, tt.kind)
			}
		})
	}
}

func TestAttributesAreCutAndMarked(t *testing.T) {
	c, srv := sending(t)
	long := strings.Repeat("x", 3000)
	c.Channel("net").Error("m", krunk.String("k", long), krunk.Int(long, 1), krunk.Any("any", long[:2049]))
	c.Flush(time.Minute)
	l := srv.Logs()[0]
	for _, key := range []string{"k", "any"} {
		if got, _ := l.Attr(key).(string); len(got) != 2048 || !strings.HasSuffix(got, "x...") {
			t.Errorf("%s has %d bytes and ends in %.8q, want 2048 and the mark ...", key, len(got), got[max(len(got)-8, 0):])
		}
	}
	if got := l.Attr(long[:197] + "..."); got != int64(1) {
		t.Errorf("the long key is not there with its first 197 bytes and the mark ...")
	}
}

// What stands behind Err, Any and a Stringer is asked only if the record is kept, and once.
func TestForeignCodeRunsOnlyForWhatIsKept(t *testing.T) {
	c, srv := sending(t)
	n := 0
	asked := counting{&n}
	quiet := c.Channel("quiet")
	c.Channel("net").Info("kept", krunk.Err(asked))
	if n != 1 {
		t.Errorf("Error was called %d times for a record that is kept, want once", n)
	}
	off := quietChannel(t)
	off.Error("not wanted", krunk.Err(asked), krunk.Any("a", asked))
	if n != 1 {
		t.Errorf("Error was called for a record that nobody wants")
	}
	with := quiet.With(krunk.Err(asked))
	with.Warn("one")
	with.Warn("two")
	if n != 2 {
		t.Errorf("Error was called %d times for With, want once for all records", n-1)
	}
	if got := bodies(c, srv); len(got) != 3 {
		t.Errorf("log records %q, want 3", got)
	}
	for _, l := range srv.Logs() {
		if l.Attr("error") != "counted" {
			t.Errorf("%s: error is %v, want its text", l.Body, l.Attr("error"))
		}
	}
}

type counting struct{ n *int }

func (c counting) Error() string { *c.n++; return "counted" }

// quietChannel returns a channel that wants nothing.
func quietChannel(t *testing.T) *krunk.Channel {
	return quiet(t, krunk.Config{Channels: map[string]krunk.Thresholds{"*": {Trail: "off", Send: "off", Issue: "off"}}}).Channel("off")
}

// A slice of attributes belongs to the caller: a call must not change it, and what the caller does later changes nothing.
func TestAttributesBelongToTheCaller(t *testing.T) {
	c, srv := sending(t)
	n := 0
	attrs := []krunk.Attr{krunk.Err(counting{&n}), krunk.Any("any", celsius(20)), krunk.Int("i", 1)}
	net := c.Channel("net")
	net.Info("one", attrs...)
	attrs[2] = krunk.Int("i", 2)
	net.Info("two", attrs...)
	if n != 2 {
		t.Errorf("Error was called %d times for two records, want twice: the first call changed the caller's slice", n)
	}
	bodies(c, srv)
	for i, want := range []int64{1, 2} {
		if got := srv.Logs()[i].Attr("i"); got != want {
			t.Errorf("record %d: i is %v, want %d", i, got, want)
		}
	}
}

// More attributes than a record keeps: those of With come first, and the record says how many were left out.
func TestTooManyAttributes(t *testing.T) {
	c, srv := sending(t)
	var with, own []krunk.Attr
	for i := range 100 {
		with = append(with, krunk.Int(fmt.Sprint("w", i), i))
		own = append(own, krunk.Int(fmt.Sprint("o", i), i))
	}
	c.Channel("net").With(with...).Info("m", own...)
	c.Flush(time.Minute)
	l := srv.Logs()[0]
	if l.Attr("w99") != int64(99) || l.Attr("o27") != int64(27) || l.Attr("o28") != nil {
		t.Errorf("w99=%v o27=%v o28=%v, want the first 128", l.Attr("w99"), l.Attr("o27"), l.Attr("o28"))
	}
	if got := l.Attr("krunk.attributes_left_out"); got != int64(72) {
		t.Errorf("the record tells of %v attributes left out, want 72", got)
	}
}

// An Attr holds what it was given, though as bare words: a collection between the making and the call takes nothing away.
func TestAttributesSurviveCollections(t *testing.T) {
	c, srv := sending(t)
	attrs := make([]krunk.Attr, 0, 300)
	for i := range 100 {
		attrs = append(attrs[:3*i], krunk.String("s", fmt.Sprint("text ", i)), krunk.Any("a", []string{fmt.Sprint("list ", i)}), krunk.Any("e", fmt.Errorf("error %d", i)))
		if i%10 == 0 {
			runtime.GC()
		}
	}
	runtime.GC()
	for i := range 100 {
		c.Channel("net").Info("m", attrs[3*i:3*i+3]...)
	}
	bodies(c, srv)
	for i, l := range srv.Logs() {
		if got, want := fmt.Sprint(l.Attr("s"), l.Attr("a"), l.Attr("e")), fmt.Sprintf(`text %d["list %d"]error %d`, i, i, i); got != want {
			t.Errorf("record %d: %s, want %s", i, got, want)
		}
	}
}

// Four words stay in registers; with one more an attribute costs 10 ns below the threshold instead of 2.
func TestAttrIsFourWords(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) == 8 && unsafe.Sizeof(krunk.Attr{}) != 4*8 {
		t.Errorf("an Attr takes %d bytes, want 32", unsafe.Sizeof(krunk.Attr{}))
	}
}
