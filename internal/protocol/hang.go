package protocol

import "github.com/krunk-go/krunk/internal/text"

// AppendHang appends an item of the event of a hang, which was made before that was over: it says how many milliseconds it was, unless that
// is 0, and where the program died of it, that it is fatal. What is not as Krunk writes it stays as it is.
func AppendHang(dst, item []byte, ms uint32, dead bool) []byte {
	o, at := payloadOf(item)
	if at < 0 {
		return append(dst, item...)
	}
	if dead {
		o = AppendMerged(nil, o, Raw(`{"level":"fatal"}`))
		o = within(o, "exception", func(o Raw) Raw { return within(o, "values", unhandled) })
	}
	if ms > 0 {
		more := Open(nil)
		more.Uint("hang_ms", uint64(ms))
		told := more.Close()
		o = within(o, "contexts", func(o Raw) Raw {
			return within(o, "krunk", func(o Raw) Raw { return AppendMerged(nil, o, told) })
		})
	}
	return appendWith(dst, item[:at], o)
}

// unhandled returns a list of exceptions of which none was handled.
func unhandled(list Raw) Raw {
	out := append(make(Raw, 0, len(list)+64), '[')
	for i := inside(list, '['); i < len(list) && list[i] == '{'; {
		to := end(list, i)
		if len(out) > 1 {
			out = text.Append(out, ",")
		}
		out = append(out, within(list[i:to], "mechanism", func(o Raw) Raw { return AppendMerged(nil, o, Raw(`{"handled":false}`)) })...)
		i = next(list, to)
	}
	return text.Append(out, "]")
}

// within returns an object in which f has changed the member with that name, if there is one.
func within(o Raw, name string, f func(Raw) Raw) Raw {
	out := append(make(Raw, 0, len(o)+64), '{')
	for _, m := range AppendMembers(nil, o) {
		if string(m.Key) == `"`+name+`"` {
			m.Value = f(m.Value)
		}
		out = m.append(out)
	}
	return text.Append(out, "}")
}
