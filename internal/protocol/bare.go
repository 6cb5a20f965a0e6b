package protocol

// support is the tag that a player reads off the screen. It is what finds an event of which nothing else is left.
const support = "support_code"

// dropRest leaves the outermost error with its innermost frames, and what Sentry requires.
func (f *fitter) dropRest() bool {
	if f.rest {
		return false
	}
	f.rest = true
	f.errors += f.keepErrors(1)
	f.frames += f.keepFrames(0, 10)
	f.keepContexts(MaxEvent, "trace", "krunk", "runtime", "os")
	ev := f.ev
	ev.User, ev.Fingerprint, ev.Threads, ev.Breadcrumbs, ev.Logger = nil, nil, nil, nil, ""
	if len(ev.Tags) > 0 { // their owner fills the list again
		code := Tagged(ev.Tags, support)
		clear(ev.Tags)
		ev.Tags[0] = Tag{Key: support, Value: code}
		ev.Tags = ev.Tags[:min(len(code), 1)]
	}
	return true
}

// strip brings every field that is left under a length of its own, as encoded, in sum less than MinFit.
func (f *fitter) strip() bool {
	if f.bare {
		return false
	}
	f.bare = true
	ev := f.ev
	shorten(64, &ev.EventID, &ev.Dist, &ev.Environment)
	shorten(32, &ev.Platform, &ev.Level)
	shorten(256, &ev.Release)
	for i := range ev.Tags { // one is left
		shorten(64, &ev.Tags[i].Value)
	}
	f.keepContexts(160, "trace")
	if ev.LogEntry != nil {
		shorten(768, &ev.LogEntry.Message)
	}
	f.frames += f.keepFrames(0, 0)
	f.stripError()
	f.stripSDK()
	return true
}

func (f *fitter) stripError() {
	if f.ev.Exception == nil {
		return
	}
	for i := range f.ev.Exception.Values { // one is left
		x := &f.ev.Exception.Values[i]
		shorten(256, &x.Type, &x.Module)
		shorten(768, &x.Value)
		if m := x.Mechanism; m != nil {
			shorten(64, &m.Type)
			m.Source, m.ExceptionID, m.ParentID, m.IsExceptionGroup = "", nil, nil, false
		}
	}
}

// stripSDK works on a copy: the names are the same for all events and outlive this one.
func (f *fitter) stripSDK() {
	if f.ev.SDK == nil {
		return
	}
	sdk := *f.ev.SDK
	shorten(64, &sdk.Name, &sdk.Version)
	if sdk.Settings != nil {
		settings := *sdk.Settings
		shorten(32, &settings.InferIP)
		sdk.Settings = &settings
	}
	f.ev.SDK = &sdk
}

// shorten cuts each text to max bytes between the quotes of a JSON string.
func shorten(max int, texts ...*string) {
	for _, s := range texts {
		n, dots, at := 0, 0, 0
		for at < len(*s) {
			encoded, size := encodedLen((*s)[at:])
			if n += encoded; n > max {
				*s = (*s)[:dots] + "..."
				break
			}
			if at += size; n <= max-len("...") {
				dots = at
			}
		}
	}
}
