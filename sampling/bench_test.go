package sampling

import (
	"strconv"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/gate"
)

// fortyAndTwenty is a policy of 40 channels and 20 rules, about 6 kB.
func fortyAndTwenty(version int) []byte {
	var b strings.Builder
	b.WriteString(`{"krunk":1,"version":` + strconv.Itoa(version) + `,"issued":"2026-10-10T12:00:00Z","salt":"2026-w41","clients":10,"channels":{"*":{"send":"error","rate":"60/h"}`)
	for i := range 39 {
		b.WriteString(`,"channel` + strconv.Itoa(i) + `.sub":{"send":"info","clients":5,"records":25,"rate":"120/m","burst":20}`)
	}
	b.WriteString(`},"rules":[`)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		n := strconv.Itoa(i)
		b.WriteString(`{"id":"rule-` + n + `","when":{"release":["1.4` + n + `.0",">=2.` + n + ` <3"],"platform":["windows","linux"]},"set":{"clients":1,"channels":{"channel` + n + `":{"send":"off"}}}}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkEnabled(b *testing.B) {
	for name, applying := range map[string]bool{"still": false, "applying": true} {
		for level, l := range map[string]gate.Level{"off": gate.LevelTrace, "on": gate.LevelError} {
			b.Run(name+"/"+level, func(b *testing.B) {
				c := controller(b, Identity{ID: "a"}, Options{})
				ch := Channel(c, "net")
				done, ended := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(ended)
					for i := 1; applying; i++ {
						select {
						case <-done:
							return
						default:
							_ = c.Apply(fortyAndTwenty(i))
						}
					}
				}()
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					if ch.Enabled(l) {
						n++
					}
				}
				close(done)
				<-ended
			})
		}
	}
}

func BenchmarkSampledOut(b *testing.B) {
	for name, members := range map[string]string{
		"draw": `"channels":{"net":{"records":0}}`, "half": `"channels":{"net":{"records":50}}`, "cohort": `"clients":0`,
		"first": `"channels":{"net":{"records":0,"first":1}}`, "rate": `"channels":{"net":{"rate":"1/h"}}`, "kept": `"channels":{"net":{"send":"info"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			ch := Channel(controller(b, Identity{ID: "a"}, Options{}, doc(members)), "net")
			b.ReportAllocs()
			for b.Loop() {
				if v := ch.Decide(gate.LevelError); v&gate.Draw != 0 {
					ch.Take(v, gate.LevelError, 1)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	doc := fortyAndTwenty(1)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	c := controller(b, Identity{ID: "a", Release: "2.5", Platform: "linux"}, Options{})
	for i := range 200 {
		Channel(c, "channel"+strconv.Itoa(i%60)+".sub.part"+strconv.Itoa(i))
	}
	b.Run("parse and 200 channels", func(b *testing.B) {
		b.ReportAllocs()
		docs, n := make([][]byte, 0, 64), int(c.Version().N)
		for b.Loop() {
			if len(docs) == 0 {
				b.StopTimer()
				for range 64 {
					n++
					docs = append(docs, fortyAndTwenty(n))
				}
				b.StartTimer()
			}
			if err := c.Apply(docs[0]); err != nil {
				b.Fatal(err)
			}
			docs = docs[1:]
		}
	})
	b.Run("200 channels", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.mu.Lock()
			c.rebuild()
			c.mu.Unlock()
		}
	})
}

func BenchmarkBucket(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		gate.Bucket("2026-w41", "3f1d6c1e-8a35-4c0e-9a64-8d7c7a1be0f2")
	}
}
