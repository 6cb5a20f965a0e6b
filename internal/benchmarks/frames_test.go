package benchmarks

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every case plays, captures and ends, with all its columns, and what was captured at a server that is up arrives or is counted.
// Some are played at once, as times do not matter here.
func TestFrames(t *testing.T) {
	cases := FrameCases()
	o := FrameOptions{For: 50 * time.Millisecond, Rounds: 1, World: 1, Krunk: "krunk+http1"}
	rows, errs := make([]FrameRow, len(cases)), make([]error, len(cases))
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, c := range cases {
		all.Go(func() {
			slots <- struct{}{}
			rows[i], errs[i] = c.Measure(o)
			<-slots
		})
	}
	all.Wait()
	var b strings.Builder
	FrameHead(&b)
	for i := range rows {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		rows[i].Write(&b)
		wantRow(t, &rows[i])
	}
	table := b.String()
	t.Log("\n" + table)
	if want := 5 * 2 * 2; len(cases) != want {
		t.Errorf("cases: got %d, want %d", len(cases), want)
	}
	lines := strings.Split(table, "\n")
	columns := strings.Count(lines[2], "|")
	for _, c := range cases {
		if strings.Count(table, "\n"+c.Name()) != 1 {
			t.Errorf("the table has no row of its own for %s", c.Name())
		}
	}
	for _, line := range lines[2 : len(lines)-1] {
		if n := strings.Count(line, "|"); n != columns {
			t.Errorf("got %d columns, want %d: %s", n-1, columns-1, line)
		}
	}
}

func wantRow(t *testing.T, r *FrameRow) {
	for who, x := range map[string]*FrameRun{"none": &r.None, "Krunk": &r.Krunk, "sentry-go": &r.Sentry} {
		if len(x.Costs) == 0 || x.Costs[0].CPU < x.Costs[0].First || x.Costs[0].First <= 0 || x.Costs[0].Wall <= 0 || x.Heap == 0 {
			t.Errorf("%s %s: got %+v, want costs and a heap", r.Case.Name(), who, x)
		}
	}
	if got := r.Krunk.Arrived + r.Krunk.Counted; r.Case.Server == "up" && got != r.Krunk.Captured {
		t.Errorf("%s: arrived and counted %d, want the %d captured", r.Case.Name(), got, r.Krunk.Captured)
	}
}

func TestLoadCalls(t *testing.T) {
	want := map[string]string{
		"1.5-errors/s": "1 3 60", "30-errors/s": "1 60 1200", "500-errors/s": "9 1000 20000", "10000-records/s": "167 20000 400000",
		"spike-of-500/s": "500 1000 20000",
	}
	for _, l := range Loads() {
		sums := [3]int{l.calls(0)}
		for f := range 40 * frameRate {
			if n := l.calls(f); f < 2*frameRate {
				sums[1] += n
				sums[2] += n
			} else {
				sums[2] += n
			}
		}
		if got := strings.Trim(fmt.Sprint(sums), "[]"); got != want[l.Name] {
			t.Errorf("%s in the first frame, in 2 s and in 40 s: got %s, want %s", l.Name, got, want[l.Name])
		}
	}
}

func TestQuantile(t *testing.T) {
	r := FrameRun{}
	if got := r.quantile(0.5, cpuOf); !math.IsNaN(got) {
		t.Errorf("no frames: got %v, want NaN", got)
	}
	for i := 1000; i > 0; i-- {
		r.Costs = append(r.Costs, FrameCost{Calls: 1, CPU: time.Duration(i) * time.Microsecond})
	}
	for q, want := range map[float64]float64{0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := r.quantile(q, cpuOf); math.Abs(got-want) > 1e-6 {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
	if got := r.quantile(0.5, laterOf); !math.IsNaN(got) {
		t.Errorf("later calls of frames that make one: got %v, want NaN", got)
	}
}

func TestFrameGoals(t *testing.T) {
	run := func(us int) FrameRun {
		return FrameRun{Costs: []FrameCost{{Calls: 1, CPU: time.Duration(us) * time.Microsecond, Wall: time.Duration(us) * time.Microsecond}}}
	}
	for _, x := range []struct {
		load, server string
		krunk        int
		missed       int
	}{
		{"500-errors/s", "up", 12, 0}, {"500-errors/s", "up", 20, 1}, {"500-errors/s", "up", 300, 3},
		{"500-errors/s", "hanging", 300, 0}, {"1.5-errors/s", "up", 14, 0}, {"1.5-errors/s", "up", 800, 2}, {"30-errors/s", "up", 800, 0},
	} {
		r := FrameRow{FrameCase{Load{Name: x.load}, x.server, 1}, run(2), run(x.krunk), run(802)}
		var b strings.Builder
		if got := r.Write(&b); got != x.missed {
			t.Errorf("%s, %s, %d µs: got %d missed, want %d: %s", x.load, x.server, x.krunk, got, x.missed, &b)
		}
	}
}

func TestCount(t *testing.T) {
	const envelope = "{\"event_id\":\"a\"}\n" + "{\"type\":\"event\"}\n{\"event_id\":\"a\"}\n" +
		"{\"type\":\"log\",\"item_count\":7,\"length\":9}\n{\"a\":\"\n\"}\n" + "{\"type\":\"event\",\"length\":2}\n{}\n" + "{\"type\":\"client_report\"}\n{}"
	if events, logs := count([]byte(envelope)); events != 2 || logs != 7 {
		t.Errorf("got %d events and %d logs, want 2 and 7", events, logs)
	}
	for _, broken := range []string{"", "{}", "{}\n", "{}\nx\ny\n", "{}\n{\"type\":\"event\",\"length\":99}\n{}", "{}\n{\"length\":-1}\n{}"} {
		if events, logs := count([]byte(broken)); events+logs > 0 {
			t.Errorf("%q: got %d events and %d logs, want none", broken, events, logs)
		}
	}
}
