package protocol

import (
	"errors"
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/text"
)

// CheckRelease reports what a server would not like about a release: it would remove it from events and drop sessions.
func CheckRelease(s string) error {
	if strings.EqualFold(s, "latest") {
		return wrong(text.Quote(s) + ` is a name that servers refuse; write e.g. "moonfall@1.4.2"`)
	}
	return checkName(s, MaxRelease, `write e.g. "moonfall@1.4.2"`)
}

// CheckEnvironment does the same for an environment.
func CheckEnvironment(s string) error {
	if strings.EqualFold(s, "none") {
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
	case strings.TrimSpace(s) != s:
		return wrong(text.Quote(s) + " has spaces at an end; " + hint)
	}
	for _, c := range s {
		if c == '/' || c == '\\' || c < ' ' || c == 0x7f || c == '\ufffd' {
			return wrong(text.Quote(s) + " holds " + text.Quote(string(c)) + ", which servers refuse; " + hint)
		}
	}
	return nil
}

// CheckDist does the same for a dist.
func CheckDist(s string) error {
	if len(s) > MaxDist {
		return wrong(text.Quote(s) + " has " + strconv.Itoa(len(s)) + " bytes and may have " + strconv.Itoa(MaxDist) + `; write e.g. "881"`)
	}
	for _, c := range s {
		if c >= 0x80 || !isWord(byte(c)) && c != '.' && c != '-' {
			return wrong(text.Quote(s) + " holds " + text.Quote(string(c)) + `; letters, digits and _ . - are allowed, write e.g. "881"`)
		}
	}
	return nil
}

// CleanTagKey returns key as a tag may be called: letters, digits and _.:- up to 32 bytes, other characters become "-". It
// reports false where nothing is left, and for names that servers keep for themselves.
func CleanTagKey(key string) (string, bool) {
	switch key {
	case "", "release", "dist", "environment", "user", "filename", "function":
		return "", false
	}
	clean := len(key) <= MaxTagKey
	for i := 0; clean && i < len(key); i++ {
		clean = isTagByte(key[i])
	}
	if clean {
		return key, true
	}
	b := []byte(key[:min(len(key), MaxTagKey)])
	for i, c := range b {
		if !isTagByte(c) {
			b[i] = '-'
		}
	}
	return string(b), true
}

func isTagByte(c byte) bool { return isWord(c) || c == '.' || c == ':' || c == '-' }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// wrong is errors.New, out of line.
//
//go:noinline
func wrong(text string) error { return errors.New(text) }
