package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// loader reads assets in worker goroutines.
type loader struct {
	client *krunk.Client
	log    *krunk.Channel
	book   *book    // of the workers
	jobs   chan job // closed by close
	done   sync.WaitGroup
}

type job struct {
	name string
	kind int
}

// What becomes of a job.
const (
	jobGood = iota
	jobAbsent
	jobTorn
	jobCrash
)

func newLoader(client *krunk.Client) *loader {
	l := &loader{client: client, log: client.Channel("assets"), book: newBook(), jobs: make(chan job, 256)}
	for range 2 {
		l.done.Add(1)
		client.Go(func() { // a panic that work does not recover is reported before it ends the program
			defer l.done.Done()
			for j := range l.jobs {
				l.work(j)
			}
		})
	}
	return l
}

// load orders an asset every few frames.
func (l *loader) load(n int) {
	switch {
	case n%13 == 4:
		l.jobs <- job{"levels/harbour.pak", jobAbsent}
	case n%13 == 8:
		l.jobs <- job{"sounds/rain.ogg", jobTorn}
	case n%25 == 14:
		l.jobs <- job{"meshes/crane.glb", jobCrash}
	case n%3 == 0:
		l.jobs <- job{"textures/rust.dds", jobGood}
	}
}

// close waits for what was ordered.
func (l *loader) close() {
	close(l.jobs)
	l.done.Wait()
}

// work loads one asset. A panic costs the job, not the worker.
func (l *loader) work(j job) {
	defer func() {
		if v := recover(); v != nil {
			l.book.panicked(time.Now(), l.client.ReportPanic(v))
		}
	}()
	if err := l.read(j); err != nil {
		err = fmt.Errorf("load asset: %w", err)
		l.book.event("Report", time.Now(), l.log.Report(err, krunk.String("asset", j.name)))
		return
	}
	l.log.Debug("loaded", krunk.String("asset", j.name))
}

func (l *loader) read(j job) error {
	switch j.kind {
	case jobAbsent:
		_, err := os.Open(j.name)
		return err
	case jobTorn:
		return errors.Join(io.ErrUnexpectedEOF, errors.New("checksum does not match"))
	case jobCrash:
		l.book.expectPanic()
		panic(fmt.Errorf("mesh has no vertices: %w", io.ErrShortBuffer))
	}
	crc32.ChecksumIEEE(make([]byte, 64<<10))
	return nil
}
