package protocol

// surplus drops the elements of lists that cannot be in any event, however much of each is cut: Trim copies what it cuts, and
// a thousand errors with full stacks would make it copy 260 MB. It returns how many things it dropped without another count.
// The limit is MaxEvent also where less is allowed, so that the order in which things are given up stays the same.
func (f *fitter) surplus() (n int) {
	f.dropCrumbs(newest(len(f.ev.Breadcrumbs), MaxEvent, func(i int) int { return len(f.ev.Breadcrumbs[i]) }))
	if x := f.ev.Exception; x != nil {
		gone := newest(len(x.Values), MaxEvent, func(i int) int { return x.Values[i].trimmedLen() })
		f.errors += f.keepErrors(max(len(x.Values)-gone, 1))
	}
	if t := f.ev.Threads; t != nil {
		left := len(t.Values) - newest(len(t.Values), MaxEvent, func(i int) int { return t.Values[len(t.Values)-1-i].trimmedLen() })
		f.threads += len(t.Values) - left
		t.Values = t.Values[:left]
	}
	left := len(f.ev.Fingerprint)
	left -= newest(left, MaxEvent, func(i int) int { return capped(f.ev.Fingerprint[len(f.ev.Fingerprint)-1-i], MaxTag) })
	n += len(f.ev.Fingerprint) - left
	f.ev.Fingerprint = f.ev.Fingerprint[:left]
	return n
}

// newest returns how many of the first elements have to go so that the others may have room.
func newest(n, room int, size func(i int) int) int {
	for n > 0 {
		if room -= size(n - 1); room < 0 {
			break
		}
		n--
	}
	return n
}

const aroundElement = len(`{}`)

// capped is the length of a text after Trim.
func capped(s string, max int) int { return min(len(s), max) + aroundElement }

func (e *Exception) trimmedLen() int {
	return capped(e.Value, MaxMessage) + capped(e.Type, MaxName) + capped(e.Module, MaxName) + e.Stacktrace.trimmedLen()
}

func (t *Thread) trimmedLen() int {
	return capped(t.Name, MaxThread) + capped(t.State, MaxName) + t.Stacktrace.trimmedLen()
}

func (s *Stacktrace) trimmedLen() (n int) {
	if s == nil {
		return 0
	}
	for i := range s.Frames {
		if i >= firstFrames && i < len(s.Frames)-(MaxFrames-firstFrames) {
			continue // Trim takes it out
		}
		fr := &s.Frames[i]
		n += capped(fr.Function, MaxName) + capped(fr.Module, MaxName) + capped(fr.Filename, MaxName) + capped(fr.AbsPath, MaxName)
	}
	return n
}
