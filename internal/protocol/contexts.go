package protocol

import (
	"bytes"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

// Servers know some contexts by name, want their members to have a type, and null a member of another one in silence; of a
// few they keep nothing but what they know. The tables below are what Relay 26.9 was seen to do.
const (
	// Names that mean something else than a game can mean by them, and Krunk's own.
	takenContexts = " trace profile replay response otel spring feedback reprocessing nel cloud_resource performance_score" +
		" attributes krunk krunk_trimmed error_sampling "
	typedContexts = " device os runtime app gpu browser culture memory_info threadpool_info unity "

	textMembers = " name id version build raw_description family model model_id arch manufacturer brand battery_status orientation" +
		" screen_resolution timezone cpu_description device_type device_unique_identifier locale" +
		" os kernel_version distribution_name distribution_version distribution_pretty_name runtime browser" +
		" device_app_hash build_type app_identifier app_name app_version app_build" +
		" vendor_id vendor_name api_type driver_version npot_support graphics_shader_level" +
		" calendar display_name copy_texture_support editor_version install_mode rendering_threading_mode target_frame_rate "
	boolMembers   = " online charging low_memory simulator rooted in_foreground multi_threaded_rendering is_24_hour_format compacted concurrent "
	countMembers  = " screen_dpi processor_count processor_frequency index "
	timeMembers   = " boot_time app_start_time "
	numberMembers = " battery_level screen_density pause_time_percentage "
	otherMembers  = " type uuid pause_durations "
)

// among reports whether name is one of the words of list.
func among(list, name string) bool {
	for name != "" && strings.IndexByte(name, ' ') < 0 {
		at := ascii.Index(list, name)
		if at < 0 {
			break
		}
		if at > 0 && list[at-1] == ' ' && list[at+len(name)] == ' ' {
			return true
		}
		list = list[at+len(name):]
	}
	return false
}

// ContextName returns the name under which a game's context with these members goes out: its own, with "_" behind where that
// is taken, or where servers would want other members.
func ContextName(name string, o Raw) string {
	if among(takenContexts, name) || name == "flags" && !bytes.HasPrefix(o, []byte(`{"values":[{"flag":`)) {
		return name + "_"
	}
	return name
}

// Typed returns o as the context of that name should be: a member whose type servers fix gets that type where its value can
// have it, and otherwise another name, with "_" behind, under which they keep it as it is.
func Typed(name string, o Raw) Raw {
	if !among(typedContexts, name) {
		return o
	}
	list := AppendMembers(nil, o)
	out := append(make(Raw, 0, len(o)+8*len(list)), '{')
	for i := range list {
		m := &list[i]
		key := string(m.Key[1 : len(m.Key)-1])
		if v, ok := as(key, m.Value); ok {
			m.Value = v
		} else {
			for ok := true; ok; ok = has(list, quoted(key)) {
				key += "_"
			}
			m.Key = quoted(key)
		}
		out = m.append(out)
	}
	if name == "gpu" && !has(list, Raw(`"name"`)) {
		out = (&Member{Raw(`"name"`), Raw(`"unknown"`)}).append(out)
	}
	return text.Append(out, "}")
}

// as returns v in the type that the member key has, if it can have that.
func as(key string, v Raw) (Raw, bool) {
	if string(v) == "null" {
		return v, true
	}
	bare := v
	if v[0] == '"' {
		bare = v[1 : len(v)-1]
	}
	b := string(bare)
	switch {
	case among(otherMembers, key):
		return v, false
	case among(textMembers, key):
		return quoted(b), v[0] != '{' && v[0] != '['
	case among(timeMembers, key):
		return v, v[0] == '"' && isTime(b)
	case among(boolMembers, key) || strings.HasPrefix(key, "supports_"):
		return bare, b == "true" || b == "false"
	case among(numberMembers, key):
		return bare, isNumber(bare)
	case among(countMembers, key) || counted(key):
		const most = "9223372036854775807" // strconv.ParseUint is 14 KiB, for its error
		return bare, ascii.Trim(b, "0123456789") == "" && (len(b) < len(most) || len(b) == len(most) && b <= most) && isNumber(bare)
	case key == "view_names":
		return v, isListOfTexts(v)
	}
	return v, true
}

// quoted returns s, which is escaped, as a JSON string.
//
//go:noinline
func quoted(s string) Raw { return append(append(append(make(Raw, 0, len(s)+2), '"'), s...), '"') }

// isListOfTexts reports whether v is a list and holds nothing but texts.
func isListOfTexts(v Raw) bool {
	in := validator{b: v}
	for sep := byte('['); in.take(sep); sep = ',' {
		in.space()
		if !in.str() {
			break
		}
		in.space()
	}
	return in.take(']')
}

// isTime reports whether s looks like a time of RFC 3339 since 1970.
func isTime(s string) bool {
	const form = "0000-00-00T00:00:00"
	if len(s) <= len(form) {
		return false
	}
	n, ok := parts(s[:len(form)], form)
	return ok && n[0] >= 1970 && n[0] < 3000
}

// isNumber reports whether b begins as a JSON number and is JSON.
func isNumber(b Raw) bool {
	return len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') && Valid(b)
}

// counted reports whether a member is a number of bytes, pixels or things, which servers take as whole and not negative.
func counted(key string) bool {
	for _, end := range [...]string{"_size", "_memory", "_storage", "_pixels", "_bytes", "_count", "_threads"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}
