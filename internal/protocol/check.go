package protocol

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

// CheckRelease reports what a server would not like about a release: it would remove it from events and drop sessions.
func CheckRelease(s string) error {
	if ascii.EqualFold(s, "latest") {
		return wrong(text.Quote(s) + ` is a name that servers refuse; write e.g. "moonfall@1.4.2"`)
	}
	return checkName(s, MaxRelease, `write e.g. "moonfall@1.4.2"`)
}

// CheckEnvironment does the same for an environment.
func CheckEnvironment(s string) error {
	if ascii.EqualFold(s, "none") {
		return wrong(text.Quote(s) + ` is a name that servers refuse; write e.g. "production", or leave it empty`)
	}
	return checkName(s, MaxEnvironment, `write e.g. "playtest"`)
}

func checkName(s string, max int, hint string) error {
	switch {
	case s == "." || s == "..":
		return wrong(text.Quote(s) + " is a name that servers refuse; " + hint)
	case len(s) > max:
		return wrong(text.Quote(s) + " has " + strconv.Itoa(len(s)) + " bytes and may have " + strconv.Itoa(max) + "; " + hint)
	case text.TrimSpace(s) != s:
		return wrong(text.Quote(s) + " has spaces at an end; " + hint)
	}
	for _, c := range s {
		if c == '/' || c == '\\' || c < ' ' || c == 0x7f || c == '\ufffd' {
			return wrong(text.Quote(s) + " holds " + character(c) + ", which servers refuse; " + hint)
		}
	}
	return nil
}

// character returns c as it stands in an error text. A conversion of a rune links more of package runtime.
func character(c rune) string { return text.Quote(string(utf8.AppendRune(nil, c))) }

// CheckDist does the same for a dist.
func CheckDist(s string) error {
	if len(s) > MaxDist {
		return wrong(text.Quote(s) + " has " + strconv.Itoa(len(s)) + " bytes and may have " + strconv.Itoa(MaxDist) + `; write e.g. "881"`)
	}
	for _, c := range s {
		if c >= 0x80 || !isWord(byte(c)) && c != '.' && c != '-' {
			return wrong(text.Quote(s) + " holds " + character(c) + `; letters, digits and _ . - are allowed, write e.g. "881"`)
		}
	}
	return nil
}

// CleanTagKey returns key as a tag may be called: letters, digits and _.:- up to 32 bytes; a space becomes "-", and so does any
// other character, or the key is cut, and then a hash of the whole key stands behind it: keys that differ stay different. It
// reports false where nothing is left, and for names that servers keep for themselves.
func CleanTagKey(key string) (string, bool) {
	switch key {
	case "", "release", "dist", "environment", "user", "filename", "function":
		return "", false
	}
	clean, odd := true, len(key) > MaxTagKey
	for i := range len(key) {
		if !isTagByte(key[i]) {
			clean, odd = false, odd || key[i] != ' '
		}
	}
	if clean && !odd {
		return key, true
	}
	hash := uint32(2166136261) // FNV-1a
	b := make([]byte, 0, MaxTagKey)
	for _, c := range key {
		switch room := len(b) < MaxTagKey-len(".123456") || !odd; {
		case room && c < 0x80 && isTagByte(byte(c)):
			b = append(b, byte(c))
		case room:
			b = append(b, '-')
		}
	}
	if odd {
		for i := range len(key) {
			hash = (hash ^ uint32(key[i])) * 16777619
		}
		b = append(append(b, '.'), text.Hex([]byte{byte(hash >> 16), byte(hash >> 8), byte(hash)})...)
	}
	return string(b), true
}

// CleanTag returns a tag as servers take it, and false where nothing is left: CleanTagKey's key, and one line of at most MaxTag bytes.
func CleanTag(key, value string) (Tag, bool) {
	key, ok := CleanTagKey(key)
	var t trimmer
	t.line(&value, MaxTag)
	return Tag{Key: key, Value: value}, ok && value != ""
}

func isTagByte(c byte) bool { return isWord(c) || c == '.' || c == ':' || c == '-' }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// wrong is errors.New, out of line.
//
//go:noinline
func wrong(text string) error { return errors.New(text) }
