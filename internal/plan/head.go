package plan

// Head is the beginning of a policy: what is read even if the rest is not understood.
type Head struct {
	_        [0]func() // see Fields
	Version  Version
	Disabled bool
	Mutes    bool
	Panics   uint32
}

// Peek reads the head and stops at the first syntax error.
func Peek(b []byte) (e Head) {
	d := Decoder{reader: reader{b: b}, P: &Document{}}
	var o items
	for d.inObject(&o, KShape) {
		key := d.key()
		if wordAt("krunk epoch version enabled panics", key) < 0 {
			d.skip()
			continue
		}
		d.Fault = nil
		d.member()
		switch {
		case d.Fault == nil:
		case key == "version" || key == "epoch":
			return e
		case key == "panics":
			d.P.Top.Has = 0
		}
	}
	e.Version, e.Disabled = d.P.Version, d.P.Disabled
	e.Mutes, e.Panics = d.P.Top.Has&HasPanics != 0, d.P.Top.Panics
	return e
}
