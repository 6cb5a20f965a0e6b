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
	d := Decoder{reader: reader{b: b, most: MaxProblems}, P: &Document{}}
	d.object(KShape, func(key string, at int) {
		if wordAt("krunk epoch version enabled panics", key) < 0 {
			d.skip()
			return
		}
		d.member(key, at)
	})
	for _, p := range d.Problems {
		switch {
		case !p.Kind.fatal():
		case p.Path == "version", p.Path == "epoch":
			return e
		case p.Path == "panics":
			d.P.Top.Has = 0
		}
	}
	e.Version, e.Disabled = d.P.Version, d.P.Disabled
	e.Mutes, e.Panics = d.P.Top.Has&HasPanics != 0, d.P.Top.Panics
	return e
}
