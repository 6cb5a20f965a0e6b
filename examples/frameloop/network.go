package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// network talks to a server that is about to go down.
type network struct {
	log  *krunk.Channel
	book *book
}

// refusal is an error of the game's own; its type becomes the title of the issue.
type refusal struct {
	Code   int
	Reason string
}

// Error keeps to the reason: what differs from one case to the next belongs into attributes.
func (r *refusal) Error() string { return "server refused the player: " + r.Reason }

// poll leaves a breadcrumb in every frame. It costs no more than the copy into the black box.
func (n *network) poll(frame int) {
	begin := time.Now()
	n.log.Debug("snapshot", krunk.Int("seq", frame), krunk.Duration("rtt", time.Duration(30+frame%7)*time.Millisecond))
	n.book.trail(begin)
	if frame%11 == 3 {
		n.log.Warn("packets lost", krunk.Int("count", frame%4+1))
	}
}

// storm reports the errors with these numbers. They come from five places, so they are five issues.
func (n *network) storm(from, to int) {
	for i := from; i < to; i++ {
		switch i % 5 {
		case 0:
			n.dial(i)
		case 1:
			n.decode(i)
		case 2:
			n.authenticate(i)
		case 3:
			n.save(i)
		default:
			n.join(i)
		}
	}
}

// dial reports a wrapped error: the whole chain arrives, root cause first.
func (n *network) dial(i int) {
	err := fmt.Errorf("dial lobby: %w", os.ErrDeadlineExceeded)
	n.book.event("Report", time.Now(), n.log.Report(err, krunk.Int("attempt", i)))
}

func (n *network) decode(i int) {
	err := fmt.Errorf("decode snapshot: header: %w", io.ErrUnexpectedEOF)
	n.book.event("Report", time.Now(), n.log.Report(err, krunk.Int("seq", i)))
}

func (n *network) authenticate(i int) {
	err := &refusal{Code: 4001, Reason: "session expired"}
	n.book.event("Report", time.Now(), n.log.Report(err, krunk.Int("code", err.Code), krunk.Int("attempt", i)))
}

// save reports joined errors: each branch arrives as an exception of its own.
func (n *network) save(i int) {
	err := fmt.Errorf("save profile: %w", errors.Join(os.ErrPermission, &refusal{Code: 5003, Reason: "read only"}))
	n.book.event("Report", time.Now(), n.log.Report(err, krunk.Int("slot", i%3)))
}

// join logs at level error, which raises an event too. The text is a template; the values are attributes.
func (n *network) join(i int) {
	begin := time.Now()
	n.log.Error("could not join a match", krunk.Int("attempt", i), krunk.String("region", "eu-north"))
	n.book.logged(begin)
}
