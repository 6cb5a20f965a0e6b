package recorder

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// Attachment is bytes that travel beside an event: Data, or what Read returns in at most so many bytes when the recorder calls it. It is
// immutable.
type Attachment struct {
	Name        string
	ContentType string
	Data        []byte
	Read        func(most int) ([]byte, error)
	Every       bool
}

// Attachments are what the game attaches: to one event, where its record names a parcel by a number, and to all that are fatal. Any goroutine
// may call its methods; those of a capture call never wait.
type Attachments struct {
	_     [0]func()      // no code to compare it
	limit int            // bytes of all parcels, immutable after Start
	used  unsafe.Pointer // *attaching, atomic
}

// attaching is what a program links only if it attaches something, its types included.
type attaching struct {
	_      [0]func() // no code to compare it
	hold   func(r *Recorder, id [16]byte, body []byte, fatal bool)
	gather func(e *events, goes bool) // of the record of the event in hand
	within func(r *Recorder, event int, panicked bool) (bytes int)
	forget func(mute bool)
	shelf  unsafe.Pointer // *shelf: an interface would keep the types of all that it leads to
}

// shelf is what is attached. Parcels wait on the heap until the recorder reads their record, so a dead run's are lost, which its event tells.
type shelf struct {
	limit   int
	made    atomic.Uint64
	held    atomic.Int64 // bytes of the parcels
	parcels [mostParcels]atomic.Pointer[parcel]

	mu    sync.Mutex
	stand atomic.Pointer[[]Attachment] // replaced under mu

	tapes *blackbox.Tapes                  // guarded by mu; nil before the first one
	rings atomic.Pointer[[]*blackbox.Tape] // replaced under mu
}

// parcel is an attachment of one event, with the number by which its record knows it.
type parcel struct {
	n uint64
	Attachment
}

const (
	mostParcels = 32
	mostPieces  = 30 // of an event, as servers have it
)

// Limit says how many bytes an event may have beside it. It is called before anything is attached.
func (a *Attachments) Limit(bytes int) { a.limit = bytes }

// Most returns what Limit was told.
func (a *Attachments) Most() int { return a.limit }

// Use is called before anything is attached, and may be called before each.
func (a *Attachments) Use() { a.shelf() }

func (a *Attachments) shelf() *shelf {
	use := (*attaching)(atomic.LoadPointer(&a.used))
	if use == nil {
		s := &shelf{limit: a.limit}
		atomic.CompareAndSwapPointer(&a.used, nil, unsafe.Pointer(&attaching{hold: (*Recorder).hold, gather: s.gather, within: (*Recorder).within, forget: s.forget, shelf: unsafe.Pointer(s)}))
		use = (*attaching)(atomic.LoadPointer(&a.used))
	}
	return (*shelf)(use.shelf)
}

// Lose makes the records of a dead run tell of what was attached to them, which is lost. What is on its tapes is there, for what it died of.
func (a *Attachments) Lose(b *blackbox.Block) {
	tapes := b.OpenTapes()
	atomic.StorePointer(&a.used, unsafe.Pointer(&attaching{
		hold: (*Recorder).hold,
		gather: func(e *events, goes bool) {
			if !goes {
				return
			}
			r, fields := e.attached.to, fieldsOf(e.attached.body)
			for f, ok := fields.Next(); ok; f, ok = fields.Next() {
				if f.Kind == record.Attachment && len(f.Str) > 8 {
					r.events.attached.failed = append(r.events.attached.failed, f.Str[8:]+": lost with the program")
					r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryAttachmentItem, 1)
				}
			}
			if e.attached.fatal {
				r.rings(tapes)
			}
		},
		within: (*Recorder).within, forget: func(bool) {},
	}))
}

// using returns what takes attachments, nil if there never was one.
func (a *Attachments) using() *attaching {
	if a == nil {
		return nil
	}
	return (*attaching)(atomic.LoadPointer(&a.used))
}

// Keep makes a parcel of x for a record that is about to be written, and returns what the record says of it. Data is copied. Where more waits
// than there is room for, the oldest parcels go. It allocates and never blocks.
func (a *Attachments) Keep(x *Attachment) (reference string) { return a.shelf().keep(x) }

// Stand makes x travel with every fatal event from now on, or with all of them, in the place of the one of the same name. One with neither Data
// nor Read removes that. Where there are too many, or all Data together would be longer than what an event may have beside it, it returns how many
// there are and how many bytes, x included, and changes nothing.
func (a *Attachments) Stand(x *Attachment) (n, bytes int, ok bool) { return a.shelf().put(x) }

func (a *shelf) keep(x *Attachment) string {
	p := &parcel{n: a.made.Add(1), Attachment: *x}
	if p.Read == nil && len(p.Data) <= a.limit { // what is longer is told of and not looked at
		p.Data = bytes.Clone(p.Data)
		a.evict(a.held.Add(int64(len(p.Data))), p.n)
	} else if p.Read == nil {
		n := len(p.Data)
		p.Data, p.Read = nil, func(most int) ([]byte, error) { return nil, tooLong(n, most) }
	}
	a.gone(a.parcels[p.n%mostParcels].Swap(p))
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(p.Name)), p.n)
	return string(append(b, p.Name...))
}

// evict drops the oldest parcels before the n-th until what is held is within the limit.
func (a *shelf) evict(held int64, n uint64) {
	for i := n + 1 - min(n, mostParcels-1); held > int64(a.limit) && i < n; i++ {
		if p := a.parcels[i%mostParcels].Load(); p != nil && p.n == i {
			a.take(i)
			held = a.held.Load()
		}
	}
}

// take returns the parcel with that number, which is nobody else's from now on, or nil where it has gone.
func (a *shelf) take(n uint64) *parcel {
	at := &a.parcels[n%mostParcels]
	p := at.Load()
	if p == nil || p.n != n || !at.CompareAndSwap(p, nil) {
		return nil
	}
	a.gone(p)
	return p
}

func (a *shelf) gone(p *parcel) {
	if p != nil {
		a.held.Add(-int64(len(p.Data)))
	}
}

func (a *shelf) put(x *Attachment) (n, bytes int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []Attachment
	if old := a.stand.Load(); old != nil {
		list = slices.Clone(*old)
	}
	list = slices.DeleteFunc(list, func(o Attachment) bool { return o.Name == x.Name })
	if x.Data != nil || x.Read != nil {
		list = append(list, *x)
	}
	for i := range list {
		bytes += len(list[i].Data)
	}
	if ok = len(list) <= mostPieces/2 && (bytes <= a.limit || a.limit == 0); ok {
		a.stand.Store(&list)
	}
	return len(list), bytes, ok
}

// attached is what travels beside the event in hand. It is owned by the recorder.
type attached struct {
	_      [0]func() // no code to compare it
	items  []byte    // of the envelope, as they are sent
	pieces int
	failed []string // what was left out, and why
	rings  []string // which byte of its ring an attachment begins with

	use   *attaching // gathers once it is known that the event goes; nil: nothing is attached
	to    *Recorder
	body  []byte // of the record
	fatal bool
}

func fieldsOf(body []byte) record.Fields {
	rec, _ := record.Read(body) // who calls has read it
	return rec.Fields()
}

// none forgets it. Its memory is used again.
func (a *attached) none() { a.items, a.pieces, a.failed, a.rings = a.items[:0], 0, nil, nil }

// hold has what is attached to the event that comes next gathered once it is known that it goes: the game is not asked for what nobody gets. A
// flight log has nothing but what the program has allowed.
func (r *Recorder) hold(id [16]byte, body []byte, fatal bool) {
	a := &r.events.attached
	a.none()
	if !r.events.pulls(id) {
		a.use, a.to, a.body, a.fatal = r.cfg.Attachments.using(), r, body, fatal
	}
}

// gather makes items of what is attached to an event, by the fields of its record. What does not fit, and what cannot be had, is left out and told.
// Of one that does not go it lets go of what is attached to it alone, and asks nobody.
func (a *shelf) gather(e *events, goes bool) {
	r, fatal, fields := e.attached.to, e.attached.fatal, fieldsOf(e.attached.body)
	for f, ok := fields.Next(); ok; f, ok = fields.Next() {
		if f.Kind != record.Attachment || len(f.Str) < 8 {
			continue
		}
		x := &Attachment{Name: f.Str[8:], Read: func(int) ([]byte, error) { return nil, errLost }}
		if p := a.take(binary.LittleEndian.Uint64([]byte(f.Str))); p != nil {
			x = &p.Attachment
		}
		if goes {
			r.attach(x)
		}
	}
	if !goes {
		return
	}
	if list := a.stand.Load(); list != nil {
		for i := range *list {
			if x := &(*list)[i]; fatal || x.Every {
				r.attach(x)
			}
		}
	}
	if list := a.rings.Load(); list != nil && fatal {
		r.rings(*list)
	}
}

const levelFatal = 12

// rings adds the newest bytes of tapes to the event in hand, of each one as many as its share of the room.
func (r *Recorder) rings(list []*blackbox.Tape) {
	e := &r.events
	for i, tape := range list {
		share := (r.cfg.Outbox.MaxBody()/2-len(e.attached.items))/(len(list)-i) - protocol.AttachmentLine
		data, from := tape.Newest(share)
		if len(data) == 0 || e.attached.pieces == mostPieces {
			continue
		}
		e.attached.items = protocol.AppendAttachment(e.attached.items, tape.Name, octets, data)
		e.attached.pieces++
		e.attached.rings = append(e.attached.rings, tape.Name+": from byte "+strconv.FormatUint(from, 10))
	}
}

const octets = "application/octet-stream"

// Tape returns the tape with that name, which it makes for the newest size bytes where there is none yet, in the block's region for them, or in so many
// bytes that the outbox gives up for all of them; or nil, and how many bytes are left. Any goroutine may call it, with a lock that nobody
// holds for long.
func (r *Recorder) Tape(name string, size, all int) (tape *blackbox.Tape, left int) {
	s := r.cfg.Attachments.shelf()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tapes == nil {
		s.tapes = r.tapes(all)
	}
	if s.tapes == nil {
		return nil, 0
	}
	if tape = s.tapes.Named(name); tape != nil {
		return tape, s.tapes.Room()
	}
	if tape = s.tapes.Add(name, size); tape == nil {
		return nil, s.tapes.Room()
	}
	list := []*blackbox.Tape{tape}
	if old := s.rings.Load(); old != nil {
		list = append(slices.Clone(*old), tape)
	}
	s.rings.Store(&list)
	return tape, s.tapes.Room()
}

// leastOutbox is what tapes leave of an outbox: four times the shortest form that any event can be brought into.
const leastOutbox = 4 * (protocol.MinFit + 512)

func (r *Recorder) tapes(all int) *blackbox.Tapes {
	b := r.cfg.Block
	switch {
	case b.At(blackbox.ReplayRegion) != nil:
		return b.Tapes()
	case r.cfg.Outbox == nil: // its share of the memory is there
		return blackbox.NewTapes(blackbox.Words(all), b.Key())
	}
	mem := r.cfg.Outbox.Cede(all, leastOutbox)
	if mem == nil {
		return nil
	}
	return blackbox.NewTapes(mem, b.Key())
}

// Forget drops what waits for an event and what is on tapes, which take nothing more until it is called with false. What stands stays.
func (a *Attachments) Forget(mute bool) {
	if use := a.using(); use != nil {
		use.forget(mute)
	}
}

func (a *shelf) forget(mute bool) {
	for i := range a.parcels {
		if p := a.parcels[i].Load(); p != nil {
			a.take(p.n)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock() // the memory of tapes may be taken away
	if a.tapes != nil {
		a.tapes.Clear(mute)
	}
}

// within leaves the attachments of an event out that are more than may still go out in this hour, and returns what it takes with the others.
func (r *Recorder) within(event int, panicked bool) (bytes int) {
	a := &r.events.attached
	if n := len(a.items); n > 0 && event+n > r.left() && !panicked {
		r.cfg.Tally.Add(protocol.ReasonSampleRate, protocol.CategoryAttachment, uint64(n))
		r.cfg.Tally.Add(protocol.ReasonSampleRate, protocol.CategoryAttachmentItem, uint64(a.pieces))
		a.none()
	}
	return event + len(a.items)
}

// attach adds one attachment to the event in hand.
func (r *Recorder) attach(x *Attachment) {
	e := &r.events
	room := r.cfg.Outbox.MaxBody()/2 - len(e.attached.items) - protocol.AttachmentLine
	var data []byte
	var err error = errTooMany
	if e.attached.pieces < mostPieces {
		data, err = x.fetch(room)
	}
	if n := len(data); err == nil && n > room {
		err = tooLong(n, room)
	}
	if err == nil {
		e.attached.items = protocol.AppendAttachment(e.attached.items, x.Name, x.ContentType, data)
		e.attached.pieces++
		return
	}
	e.attached.failed = append(e.attached.failed, x.Name+": "+e.scrub.Text(errorText(err)))
	why := protocol.ReasonInvalid
	if n, ok := err.(tooMuch); ok {
		why = protocol.ReasonBufferOverflow
		r.cfg.Tally.Add(why, protocol.CategoryAttachment, uint64(n.bytes))
	}
	r.cfg.Tally.Add(why, protocol.CategoryAttachmentItem, 1)
}

// fetch returns the bytes of an attachment. A panic of the game's code in it is an error.
func (x *Attachment) fetch(most int) (data []byte, err error) {
	if x.Read == nil {
		return x.Data, nil
	}
	err = errPanicked
	func() {
		defer func() { _ = recover() }()
		data, err = x.Read(max(most, 0))
	}()
	return data, err
}

func errorText(err error) (s string) {
	s = "its error panicked"
	func() {
		defer func() { _ = recover() }()
		s, _ = text.Trim(err.Error(), maxTold)
	}()
	return s
}

// reason is why an attachment is left out.
type reason string

func (r reason) Error() string { return string(r) }

const (
	errLost     = reason("too much waited")
	errPanicked = reason("what should read it panicked")
	errTooMany  = reason("more than 30 of them")
)

// tooMuch is why an attachment is left out that does not fit.
type tooMuch struct{ bytes, most int }

func tooLong(bytes, most int) error { return tooMuch{bytes, max(most, 0)} }

func (t tooMuch) Error() string {
	return strconv.Itoa(t.bytes) + " bytes, where " + strconv.Itoa(t.most) + " fit"
}
