package goroutines

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"game/pumps"

	"github.com/krunk-go/krunk/krunk"
)

type world struct {
	client *krunk.Client
	net    *krunk.Channel
	step   func()
	ticks  <-chan int
}

type runner interface{ Run() }

func bare(w *world, r runner, f func()) {
	go func() { // want `a panic in this goroutine kills the program without a report: start it by client.Go, or begin its function with defer client.Repanic\(\) or, to go on, defer client.Recover\(\)`
		w.step()
	}()
	go w.step()       // want `a panic in this goroutine`
	go w.play()       // want `a panic in this goroutine`
	go r.Run()        // want `a panic in this goroutine`
	go f()            // want `a panic in this goroutine`
	go pumps.Unsafe() // want `a panic in this goroutine`
	go func() {       // want `a panic in this goroutine`
		defer func() { w.client.Recover() }() // want `Recover does nothing in a function that is deferred`
		w.step()
	}()
	go func() { // want `a panic in this goroutine`
		defer func() {
			defer w.client.Flush(time.Second)
			_ = func() { _ = recover() }
		}()
		w.step()
	}()
	local := func() { w.step() }
	go local() // want `a panic in this goroutine`
}

func guarded(w *world, p *pumps.Pump) {
	w.client.Go(w.step)
	w.net.Go(w.step)
	go func() {
		defer w.client.Recover()
		w.step()
	}()
	go func() {
		var wg sync.WaitGroup
		defer wg.Done()
		if w.net != nil {
			defer w.net.Repanic(krunk.Int("match", 1))
		}
		w.step()
	}()
	go func() {
		defer func() {
			if v := recover(); v != nil {
				w.client.ReportPanic(v)
			}
		}()
		w.step()
	}()
	go w.guarded()
	go w.guardedByHelper()
	go generic(3)
	go pumps.Safe()
	go pumps.Calls()
	go p.Run()
	go w.client.Flush(time.Second)
	go func() {
		defer pumps.Recover()
		w.step()
	}()
	local := func() { defer w.client.Recover(); w.step() }
	go local()
}

// What does nothing but wait, say so, and call what is guarded.
func quiet(w *world, wg *sync.WaitGroup, cancel context.CancelFunc) {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	go wg.Wait()
	go cancel()
	go func() {
		defer close(done)
		for range w.ticks {
			w.guarded()
		}
	}()
	go func() {
		for {
			select {
			case <-done:
				return
			case <-w.ticks:
				w.guarded()
			}
		}
	}()
	go func() {
		w.client.Flush(2 * time.Second)
		done <- struct{}{}
	}()
	go func() { // want `a panic in this goroutine`
		for range w.ticks {
			w.play()
		}
	}()
}

// The same under other names.
func others(w *world) {
	var wg sync.WaitGroup
	wg.Go(w.step)    // want `WaitGroup.Go runs this in a goroutine, where a panic kills the program without a report`
	wg.Go(w.guarded) // guarded
	var group errgroup.Group
	group.Go(func() error { w.step(); return nil }) // want `Group.Go runs this in a goroutine`
	group.TryGo(func() error {                      // want `Group.TryGo runs this in a goroutine`
		w.step()
		return nil
	})
	group.Go(func() error { defer w.client.Recover(); w.step(); return nil })
	time.AfterFunc(time.Second, w.step) // want `time.AfterFunc runs this in a goroutine`
	time.AfterFunc(time.Second, w.guarded)
}

func (w *world) play() { w.step() }

func (w *world) guarded() {
	defer w.client.Recover()
	w.step()
}

func (w *world) guardedByHelper() {
	defer w.caught("play")
	w.step()
}

func (w *world) caught(what string) {
	if v := recover(); v != nil {
		w.client.ReportPanic(v, krunk.String("in", what))
	}
}

func (w *world) recursive() {
	go w.recursive() // want `a panic in this goroutine`
	w.recursive()
}

func generic[T any](v T) {
	defer func() { _ = recover() }()
	_ = v
}
