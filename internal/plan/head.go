package plan

// Head is the beginning of a policy: what is read even if the rest is not understood.
type Head struct {
	_        [0]func() // see Fields
	Version  Version
	Disabled bool
	Mutes    bool
	Panics   uint32
	Issued   Moment
}

// Peek reads the head into e and stops at the first syntax error.
func Peek(b []byte, e *Head) {
	d := Decoder{b: b, P: new(Document)}
	var o items
	for d.next(&o, KShape, '{') {
		key, faults := d.key(), d.faults
		if wordAt("krunk epoch version issued enabled panics", key) < 0 {
			d.skip()
			continue
		}
		d.member()
		switch {
		case faults == d.faults:
		case key == "version" || key == "epoch":
			return
		case key == "panics":
			d.P.Top.Has = 0
		}
	}
	e.Version, e.Disabled, e.Issued = d.P.Version, d.P.Disabled, d.P.Issued
	e.Mutes, e.Panics = d.P.Top.Has&HasPanics != 0, d.P.Top.Panics
}
