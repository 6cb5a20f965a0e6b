package krunkebiten

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"sync/atomic"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// Screenshot says whether pictures are taken; see Shots. What only pictures need is reached through it alone.
type Screenshot struct {
	begin func(c *krunk.Client) (frame func(screen *ebiten.Image))
}

// Shots makes a picture of what was drawn last travel beside every fatal event (a panic, a hang), as the attachment screenshot.jpg: what the
// player sees, names and chats included, which nobody scrubs. It is a whole frame, and at most 0.1 s of frames came after it. It is at most so many pixels wide, 16 to 1920, and keeps the frame's shape; 320 are
// some 10 KiB. Where it does not fit (see krunk.Attachment), or the engine does not answer within half a second, the event says so.
//
// Ten times a second a frame is copied and made smaller by the graphics processor, which costs its goroutine one more DrawImage, some 7 µs, of which
// the engine allocates 48 bytes; the other frames pay for a look at the clock. Reading it back and encoding it, 8 ms with a driver in software, is
// done by another goroutine, once there is an event.
func Shots(width int) Screenshot { return shotsWithin(width, shotWait) }

func shotsWithin(width int, wait time.Duration) Screenshot {
	return Screenshot{func(c *krunk.Client) func(*ebiten.Image) {
		s := &shots{width: min(max(width, leastShot), mostShot), wait: wait, began: time.Now()}
		if c.Attach(krunk.Attachment{Name: "screenshot.jpg", ContentType: "image/jpeg", Read: s.read}) != nil {
			return nil // others stand in its place
		}
		return s.frame
	}}
}

const (
	leastShot = 16
	mostShot  = 1920
	shotWait  = 500 * time.Millisecond
	shotEvery = 95 * time.Millisecond // six frames of 60 a second, and a bit
)

// shots takes pictures.
type shots struct {
	width  int
	wait   time.Duration // for the engine's answer
	began  time.Time
	next   time.Duration                // since began, when a frame is copied again; owned by the game's goroutine
	op     ebiten.DrawImageOptions      // owned by the game's goroutine
	last   atomic.Pointer[ebiten.Image] // a whole frame; nil before the first one
	asking atomic.Bool                  // the engine has been asked and has not answered
}

// due reports whether a frame is to be copied. Each draw into another image is a command of its own, for which the engine allocates.
func (s *shots) due() bool {
	now := time.Since(s.began)
	if now < s.next {
		return false
	}
	s.next = now + shotEvery
	return true
}

// frame keeps a frame that was drawn.
func (s *shots) frame(screen *ebiten.Image) {
	if screen == nil || !s.due() {
		return
	}
	size := screen.Bounds().Size()
	scale := min(float64(s.width)/float64(size.X), 1)
	w, h := max(int(float64(size.X)*scale), 1), max(int(float64(size.Y)*scale), 1)
	img := s.last.Load()
	if img == nil || img.Bounds().Dx() != w || img.Bounds().Dy() != h {
		img = ebiten.NewImage(w, h)
		s.last.Store(img)
	}
	s.op.GeoM.Reset()
	s.op.GeoM.Scale(float64(w)/float64(size.X), float64(h)/float64(size.Y))
	s.op.Filter, s.op.Blend = ebiten.FilterLinear, ebiten.BlendCopy
	img.DrawImage(screen, &s.op)
}

var (
	errNoFrame  = errors.New("no frame was drawn yet")
	errNoAnswer = errors.New("the engine did not answer")
)

// read is krunk.Attachment.Read. The client's recorder calls it, and must not wait for an engine that stands still.
func (s *shots) read(most int) ([]byte, error) {
	img := s.last.Load()
	if img == nil {
		return nil, errNoFrame
	}
	if !s.asking.CompareAndSwap(false, true) {
		return nil, errNoAnswer
	}
	answer := make(chan *image.RGBA, 1)
	go func() {
		defer func() {
			_ = recover() // the engine has ended
			s.asking.Store(false)
			close(answer)
		}()
		out := image.NewRGBA(img.Bounds())
		img.ReadPixels(out.Pix)
		answer <- out
	}()
	wait := time.NewTimer(s.wait)
	defer wait.Stop()
	select {
	case out := <-answer:
		if out == nil {
			return nil, errNoAnswer
		}
		return encode(out, most)
	case <-wait.C:
		return nil, errNoAnswer
	}
}

// encode returns a picture in at most so many bytes where that can be done by a worse one, and else what is too long.
func encode(img image.Image, most int) (data []byte, err error) {
	var b bytes.Buffer
	for _, quality := range [...]int{75, 50, 25} {
		b.Reset()
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if b.Len() <= most {
			break
		}
	}
	return b.Bytes(), nil
}
