package plan

import "time"

// Moment is a time in microseconds since the beginning of the year 1; the zero Moment, as the zero time.Time, is not stated. Clients
// compute with it: a time.Time has three words and 11 KiB of methods on 32-bit ARM.
type Moment int64

const (
	// Second is one.
	Second = 1_000_000
	// Epoch is 1970-01-01.
	Epoch Moment = 719162 * 86400 * Second
)

// MomentOf leaves out what is shorter than a microsecond.
//
//go:noinline
func MomentOf(t time.Time) Moment { return Moment(t.UnixMicro()) + Epoch }

// Time returns m in UTC.
func (m Moment) Time() time.Time { return time.UnixMicro(int64(m - Epoch)).UTC() }

// Unix returns the seconds since 1970.
func (m Moment) Unix() int64 { return int64(m-Epoch) / Second }

// MomentAt returns the one so many seconds after 1970.
func MomentAt(unix int64) Moment { return Moment(unix)*Second + Epoch }

// Over reports whether an end has come at now; one that is not stated never does. Not inlined: to compare 64 bits is long on 32-bit ARM.
//
//go:noinline
func (m Moment) Over(now Moment) bool { return m != 0 && now >= m }

// Over is Moment.Over for those who have a time.Time.
func Over(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// Sub returns the time from o to m, or what a Duration holds of it.
func (m Moment) Sub(o Moment) time.Duration {
	const most = Moment(1<<63-1) / 1000
	return time.Duration(min(max(m-o, -most), most)) * time.Microsecond
}
