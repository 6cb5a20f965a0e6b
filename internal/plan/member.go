package plan

import (
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
)

// reading is how a value is read, and of which type it becomes.
type reading uint8

// Those of strings, then of numbers, of true and false, and of what has members or elements.
const (
	texts    reading = iota // string
	times                   // Moment
	levels                  // gate.Level
	rates                   // Rate
	spans                   // time.Duration
	ids                     // IDKind
	salts                   // string
	hashes                  // nothing
	formats                 // nothing
	percents                // uint32, in ppm
	counts                  // uint32
	wides                   // int64
	yes                     // bool
	no                      // bool, the other way round
	channelLists
	ruleLists
	kindLists
	pullLists
	ceilings
	paces
	ramps
	whens
	sets
	whos
)

// member is one that an object may have.
type member struct {
	read  reading
	wrong Kind
	to    uint16 // offset in the struct that the object fills
}

// fill reads an object and returns which of the members that names lists were there, by their place in it.
func (d *Decoder) fill(names string, list []member, to unsafe.Pointer) (seen uint) {
	var o items
	for d.next(&o, KShape, '{') {
		i := wordAt(names, d.key())
		if i < 0 {
			d.unfamiliar()
			continue
		}
		seen |= 1 << i
		d.value(&list[i], to)
	}
	return seen
}

// value reads the next value into its place. It reports whether it is as it should be, which it notes otherwise.
func (d *Decoder) value(m *member, to unsafe.Pointer) bool {
	p, at := unsafe.Add(to, m.to), d.i
	switch {
	case m.read <= hashes:
		s, ok := d.str(m.wrong)
		if ok && !d.store(m.read, s, p) {
			d.note(m.wrong, at, 0)
			return false
		}
		return ok
	case m.read <= wides:
		return d.count(m, p)
	case m.read <= no:
		on, ok := d.boolean(m.wrong)
		*(*bool)(p) = ok && on == (m.read == yes)
		return ok
	}
	d.part(m.read, p)
	return true
}

// store takes a string.
func (d *Decoder) store(how reading, s string, p unsafe.Pointer) (ok bool) {
	switch how {
	case times:
		*(*Moment)(p), ok = rfc3339(s)
	case levels:
		*(*gate.Level)(p), ok = parseLevel(s)
	case rates:
		*(*Rate)(p), ok = ParseRate(s)
	case spans:
		n, good := span(s)
		*(*time.Duration)(p), ok = n, good && n <= 24*time.Hour
	case ids:
		i := wordAt("client player match", s)
		*(*IDKind)(p), ok = IDKind(max(i, 0)), i >= 0
	case hashes:
		ok = s == "m3/1"
	default:
		*(*string)(p), ok = s, how == texts || len(s) <= 64 && wordOf(s, "._-")
	}
	return ok
}

// count takes a number: a percentage, to at most 4 decimals, or a whole one within the bounds of its kind.
func (d *Decoder) count(m *member, p unsafe.Pointer) bool {
	at := d.i
	lit, ok := d.number(m.wrong)
	if !ok {
		return false
	}
	low, high, scale, more := uint64(1), uint64(gate.Million), 0, 0
	switch m.wrong {
	case KPercent:
		low, scale = 0, 4
	case KFirst:
		low, high = 0, 1000
	case KEpoch:
		low, high = 0, MaxEpoch
	case KVersion:
		high = MaxVersion
	case KPullBytes:
		low, high = minPullLog, maxPullLog
	case KFormat:
		high = 1
	}
	n, bad := Decimal(lit, scale)
	k := m.wrong
	ok = bad == numGood && n >= low && n <= high
	switch {
	case m.read == formats:
		if d.newer = n > 1 || bad == numLarge; d.newer {
			more = Newer
		}
	case m.read == wides:
		if ok {
			*(*int64)(p) = int64(n)
		}
	case ok || k == KPercent:
		*(*uint32)(p) = uint32(min(n, high))
	}
	switch {
	case bad == numFine && k == KPercent:
		k = KFine
	case ok && k == KPercent && n > 0 && n < 10_000:
		k = KFraction
	case ok:
		return true
	}
	d.note(k, at, more)
	return ok
}

// part reads what has members or elements, into its place or into what the place is of.
func (d *Decoder) part(how reading, p unsafe.Pointer) {
	switch how {
	case channelLists:
		*(*[]Entry)(p) = d.channels()
	case ruleLists:
		d.rules()
	case kindLists:
		d.kinds()
	case pullLists:
		d.P.PullsAt = d.i
		d.P.Pulls = d.raw()
	case ceilings:
		f := &d.P.Ceiling
		d.fields(f, ceilingFields)
		d.burst(f, d.i)
	case paces:
		d.fill(paceNames, paceMembers[:], p)
	case ramps:
		d.ramp((*Fields)(p))
	case whens:
		r := (*Rule)(p)
		r.When = d.conditions(r, true)
	case sets:
		d.set((*Rule)(p))
	}
}

// The members of each object, and how they are read. Names are in the order of their table; other members of a document are its Fields.
const (
	documentNames = "krunk epoch version issued expires author note hash salt enabled channels rules kinds pulls ceiling poll"
	paceNames     = "every spread"
	stepNames     = "at clients"
	ruleNames     = "id until when set"
	pullNames     = "until player client match bytes goroutines"
	sawFormat     = 1 << 0
	sawVersion    = 1 << 2

	// Newer is Problem.N of a format that is newer than this program.
	Newer = 1
)

var (
	documentMembers = [...]member{
		{formats, KFormat, 0},
		{wides, KEpoch, uint16(unsafe.Offsetof(Document{}.Version) + unsafe.Offsetof(Version{}.Epoch))},
		{wides, KVersion, uint16(unsafe.Offsetof(Document{}.Version) + unsafe.Offsetof(Version{}.N))},
		{times, KTime, uint16(unsafe.Offsetof(Document{}.Issued))},
		{times, KTime, uint16(unsafe.Offsetof(Document{}.Expires))},
		{texts, KShape, uint16(unsafe.Offsetof(Document{}.Author))},
		{texts, KShape, uint16(unsafe.Offsetof(Document{}.Note))},
		{hashes, KHash, 0},
		{salts, KSalt, uint16(unsafe.Offsetof(Document{}.Salt))},
		{no, KShape, uint16(unsafe.Offsetof(Document{}.Disabled))},
		{channelLists, 0, uint16(unsafe.Offsetof(Document{}.Channels))},
		{ruleLists, 0, 0},
		{kindLists, 0, 0},
		{pullLists, 0, 0},
		{ceilings, 0, 0},
		{paces, 0, 0},
	}
	paceMembers = [...]member{
		{spans, KSpan, uint16(unsafe.Offsetof(Document{}.Every))},
		{spans, KSpan, uint16(unsafe.Offsetof(Document{}.Spread))},
	}
	fieldMembers = [...]member{
		{levels, KLevel, uint16(unsafe.Offsetof(Fields{}.Trail))},
		{levels, KLevel, uint16(unsafe.Offsetof(Fields{}.Send))},
		{levels, KLevel, uint16(unsafe.Offsetof(Fields{}.Issue))},
		{percents, KPercent, uint16(unsafe.Offsetof(Fields{}.Clients))},
		{percents, KPercent, uint16(unsafe.Offsetof(Fields{}.Records))},
		{rates, KRate, uint16(unsafe.Offsetof(Fields{}.Rate))},
		{counts, KFirst, uint16(unsafe.Offsetof(Fields{}.First))},
		{ids, KBy, uint16(unsafe.Offsetof(Fields{}.By))},
		{salts, KSalt, uint16(unsafe.Offsetof(Fields{}.Salt))},
		{percents, KPercent, uint16(unsafe.Offsetof(Fields{}.Panics))},
		{counts, KBurst, uint16(unsafe.Offsetof(Fields{}.Burst))},
		{ramps, 0, 0},
	}
	stepMembers = [...]member{
		{times, KTime, uint16(unsafe.Offsetof(Step{}.At))},
		{percents, KPercent, uint16(unsafe.Offsetof(Step{}.Clients))},
	}
	ruleMembers = [...]member{
		{texts, KRuleID, uint16(unsafe.Offsetof(Rule{}.ID))},
		{times, KTime, uint16(unsafe.Offsetof(Rule{}.Until))},
		{whens, 0, 0},
		{sets, 0, 0},
		{times, KTime, uint16(unsafe.Offsetof(Rule{}.From))}, // stands in when
	}
	kindMembers = [...]member{
		{times, KTime, uint16(unsafe.Offsetof(KindRule{}.Until))},
		{yes, KShape, uint16(unsafe.Offsetof(KindRule{}.Silent))},
		{rates, KRate, uint16(unsafe.Offsetof(KindRule{}.Rate))},
		{yes, KShape, uint16(unsafe.Offsetof(KindRule{}.Panics))},
		{percents, KPercent, uint16(unsafe.Offsetof(KindRule{}.Clients))},
	}
	pullMembers = [...]member{
		{times, KTime, uint16(unsafe.Offsetof(Pull{}.Until))},
		{whos, 0, uint16(unsafe.Offsetof(Pull{}.Who))},
		{whos, 0, uint16(unsafe.Offsetof(Pull{}.Who))},
		{whos, 0, uint16(unsafe.Offsetof(Pull{}.Who))},
		{counts, KPullBytes, uint16(unsafe.Offsetof(Pull{}.Bytes))},
		{yes, KShape, uint16(unsafe.Offsetof(Pull{}.Goroutines))},
	}
)
