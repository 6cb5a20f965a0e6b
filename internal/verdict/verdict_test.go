package verdict

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
)

const began = 1_700_000_000_000_000_000

func TestOf(t *testing.T) {
	var (
		panicked   = "panic: boom\n\ngoroutine 7 [running]:\nmain.f()\n\t/game/main.go:9 +0x1d\n"
		repanicked = "panic: boom [recovered, repanicked]\n\ngoroutine 7 [running]:\nmain.f()\n\t/game/main.go:9 +0x1d\n"
		maps       = "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\nmain.f()\n\t/game/main.go:9 +0x1d\n"
		lost       = "goroutine 7 [running]:\nmain.f()\n\t/game/main.go:9 +0x1d\n"
		signal     = "SIGABRT: abort\nPC=0x46c0a1 m=0 sigcode=0\n\ngoroutine 0 gp=0x5 m=0 mp=0x6 [idle]:\n"
		crash, id  = [16]byte{1: 1}, [16]byte{2: 2}
		none       [16]byte
	)
	dies := func(l *blackbox.Live) {
		l.Panicked(id, 7, int64(5*time.Second))
		l.BeatAt.Store(int64(5 * time.Second))
	}
	state := func(bits uint64) func(*blackbox.Live) { return func(l *blackbox.Live) { l.State.Store(bits) } }
	for _, tt := range []struct {
		name  string
		text  string
		live  func(l *blackbox.Live)
		edit  func(e *Evidence)
		how   How
		event [16]byte
	}{
		{"closed", "", state(blackbox.StateClosing | blackbox.StateClean), nil, Clean, none},
		{"closed, something left", "", state(blackbox.StateClean), nil, Clean, none},
		{"closed, on a machine that was started anew", "", state(blackbox.StateClean), func(e *Evidence) { e.Boot[0]++ }, Clean, none},
		{"a panic behind Close", panicked, state(blackbox.StateClosing | blackbox.StateClean), nil, Panic, crash},
		{"panic", panicked, nil, nil, Panic, crash},
		{"a captured panic", repanicked, dies, func(e *Evidence) { e.Same = true }, Panic, id},
		{"another panic while a captured one waits", panicked, dies, nil, Panic, crash},
		{"a captured panic without a text", "", dies, nil, Panic, id},
		{"a captured panic that was recovered after all", "", func(l *blackbox.Live) { dies(l); l.BeatAt.Store(int64(7 * time.Second)) }, nil, Killed, none},
		{"closed behind a captured panic that was recovered after all", "", func(l *blackbox.Live) {
			dies(l)
			l.BeatAt.Store(int64(7 * time.Second))
			l.State.Or(blackbox.StateClean)
		}, nil, Clean, none},
		{"a captured panic behind Close", "", func(l *blackbox.Live) { dies(l); l.State.Or(blackbox.StateClean) }, nil, Panic, id},
		{"fatal error", maps, nil, nil, Fatal, crash},
		{"a lost reason", lost, nil, nil, Fatal, crash},
		{"signal", signal, nil, nil, Signal, crash},
		{"a signal in the background", signal, state(blackbox.StateBackground), nil, Signal, crash},
		{"no text at all", "\x00\x00 \n", nil, nil, Killed, none},
		{"a text of no kind", "runtime: something new\n", nil, nil, Fatal, crash},
		{"hang", "", state(blackbox.StateHung), nil, Hang, none},
		{"hang, then the power", "", state(blackbox.StateHung), func(e *Evidence) { e.Boot[0]++ }, Hang, none},
		{"a panic in a hang", panicked, state(blackbox.StateHung), nil, Panic, crash},
		{"power lost", "", nil, func(e *Evidence) { e.Boot[0]++ }, PowerLost, none},
		{"power lost in the background", "", state(blackbox.StateBackground), func(e *Evidence) { e.Boot[0]++ }, PowerLost, none},
		{"no boot id now", "", nil, func(e *Evidence) { e.Boot = none }, Killed, none},
		{"no boot id then", "", nil, func(e *Evidence) { e.Facts.Boot = none }, Killed, none},
		{"killed while closing", "", state(blackbox.StateClosing), nil, Killed, none},
		{"killed while closing in the background", "", state(blackbox.StateClosing | blackbox.StateBackground), nil, Killed, none},
		{"killed in the background", "", state(blackbox.StateBackground), nil, KilledInBackground, none},
		{"killed", "", nil, nil, Killed, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence(tt.text)
			e.Facts.Crash = crash
			if tt.live != nil {
				tt.live(e.Live)
			}
			if tt.edit != nil {
				tt.edit(e)
			}
			v := Of(e)
			if v.How != tt.how || v.Event != tt.event {
				t.Errorf("got %d with event %x, want %d with %x", v.How, v.Event, tt.how, tt.event)
			}
			closing := tt.how == Killed && e.Live.State.Load()&blackbox.StateClosing != 0
			if v.Closing != closing {
				t.Errorf("got closing %v, want %v", v.Closing, closing)
			}
		})
	}
}

func evidence(text string) *Evidence {
	e := &Evidence{
		Facts: &blackbox.Facts{Start: began, Boot: [16]byte{9}}, Live: new(blackbox.Live), Ended: began + int64(10*time.Second), Boot: [16]byte{9},
	}
	if text != "" {
		e.Text = crashtext.Parse(text)
	}
	return e
}

func TestLastMoments(t *testing.T) {
	for _, tt := range []struct {
		name string
		live func(l *blackbox.Live)
		want Verdict
	}{
		{"nothing known", func(l *blackbox.Live) {}, Verdict{Ran: 10 * time.Second}},
		{"beats behind the last write", func(l *blackbox.Live) { l.Frame.Store(700); l.BeatAt.Store(int64(11 * time.Second)) }, Verdict{Ran: 11 * time.Second, Frame: 700}},
		{"a clock that was set", func(l *blackbox.Live) { l.Wall.Store(began + int64(time.Second)) }, Verdict{Ran: 9 * time.Second}},
		{"a clock that went back", func(l *blackbox.Live) { l.Wall.Store(began + int64(time.Hour)) }, Verdict{}},
		{"memory", func(l *blackbox.Live) { l.Memory.Store(blackbox.Memory(899, 1000)) }, Verdict{Ran: 10 * time.Second, Used: 899, Limit: 1000}},
		{"no memory", func(l *blackbox.Live) { l.Memory.Store(blackbox.Memory(900, 1000)) }, Verdict{Ran: 10 * time.Second, Used: 900, Limit: 1000, NoMemory: true}},
		{"no limit", func(l *blackbox.Live) { l.Memory.Store(blackbox.Memory(900, 0)) }, Verdict{Ran: 10 * time.Second, Used: 900}},
		{"nonsense", func(l *blackbox.Live) { l.BeatAt.Store(math.MaxInt64); l.Wall.Store(math.MinInt64) }, Verdict{Ran: 100 * 365 * 24 * time.Hour}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence("")
			tt.live(e.Live)
			tt.want.How = Killed
			if got := Of(e); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLoops(t *testing.T) {
	early := func(how How) Verdict { return Verdict{How: how, Ran: 4900 * time.Millisecond} }
	for _, tt := range []struct {
		name string
		runs []Verdict
		want bool
	}{
		{"no run", nil, false},
		{"one death", []Verdict{early(Panic)}, false},
		{"two deaths", []Verdict{early(Panic), early(Signal)}, true},
		{"three deaths", []Verdict{early(Fatal), early(Killed), early(Panic)}, true},
		{"one that lived", []Verdict{early(Panic), {How: Panic, Ran: 5 * time.Second}, early(Panic)}, false},
		{"the last one lived", []Verdict{{How: Panic, Ran: 5 * time.Second}, early(Panic), early(Panic)}, false},
		{"closed in between", []Verdict{early(Panic), early(Clean)}, false},
		{"the battery", []Verdict{early(PowerLost), early(PowerLost)}, false},
		{"hidden", []Verdict{early(KilledInBackground), early(KilledInBackground)}, false},
		{"killed while closing", []Verdict{{How: Killed, Closing: true}, early(Killed)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Loops(tt.runs); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
