package krunk

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
)

// What package log puts in front of a message, by its flags: prefix, date, time, file; or date, time, file, prefix.

// maxPrefix is how long a prefix in front of the date may be.
const maxPrefix = 32

// logHeader returns where the date, time and file of package log stand in b; a prefix may stand in front of them. It returns
// 0, 0 if there are none.
func logHeader(b []byte) (from, to int) {
	if to = stamp(b); to > 0 {
		return 0, to + file(b[to:])
	}
	if n := file(b); n > 0 && logged(b[:n]) {
		return 0, n
	}
	for from = 1; from < min(len(b), maxPrefix); from++ {
		// A prefix that ends in neither space nor punctuation is none: 12:00:00 in the middle of a word is no time.
		if c := b[from-1]; c == '\n' {
			break
		} else if c != ' ' && c != ':' && c != ']' && c != '|' && c != '>' && c != ')' || b[from] == ' ' {
			continue
		}
		if n := stamp(b[from:]); n > 0 && isPrefix(b[:from], match(b[from:], "dddd/") > 0) {
			return from, from + n + file(b[from+n:])
		}
		if n := file(b[from:]); n > 0 && isPrefix(b[:from], true) && logged(b[from:from+n]) {
			return from, from + n
		}
	}
	return 0, 0
}

// isPrefix reports whether a logger may be called so: what ends in punctuation or, in front of a date, a single word. In a
// sentence, such as "restarted at 23:00:00", a time is a part of the message.
func isPrefix(b []byte, word bool) bool {
	b = bytes.TrimRight(b, " ")
	if len(b) == 0 {
		return false
	}
	c := b[len(b)-1]
	return c == ':' || c == ']' || c == '|' || c == '>' || c == ')' || word && bytes.IndexByte(b, ' ') < 0
}

// stamp returns the length of the date, the time or both, with what is between them and the space behind; 0 if there is none.
func stamp(b []byte) int {
	n := match(b, "dddd/dd/dd ")
	t := match(b[n:], "dd:dd:dd")
	if t == 0 {
		return n
	}
	rest := b[n+t:]
	if m := match(rest, ".dddddd"); m > 0 {
		t, rest = t+m, rest[m:]
	}
	if len(rest) == 0 {
		return n + t
	}
	if rest[0] != ' ' {
		return n
	}
	return n + t + 1
}

// match returns the length of the layout, in which d is a digit, if b begins so, else 0.
func match(b []byte, layout string) int {
	if len(b) < len(layout) {
		return 0
	}
	for i := range len(layout) {
		if isDigit := b[i] >= '0' && b[i] <= '9'; layout[i] == 'd' && !isDigit || layout[i] != 'd' && b[i] != layout[i] {
			return 0
		}
	}
	return len(layout)
}

// file returns the length of a file and line, such as "main.go:234: ", with which b begins; 0 if there is none.
func file(b []byte) int {
	if bytes.HasPrefix(b, []byte("???:0: ")) {
		return len("???:0: ")
	}
	i := bytes.Index(b[:min(len(b), 512)], []byte(".go:"))
	if i < 1 {
		return 0
	}
	name := b[:i]
	if i > 2 && name[1] == ':' { // a drive
		name = name[2:]
	}
	if whole := name[0] == '/' || len(name) < i; bytes.ContainsAny(name, "\n:") || !whole && bytes.IndexByte(name, ' ') >= 0 {
		return 0
	}
	n := i + len(".go:")
	for digits := n; n < len(b) && b[n] >= '0' && b[n] <= '9'; n++ {
		if n-digits > 8 {
			return 0
		}
	}
	if b[n-1] == ':' || !bytes.HasPrefix(b[n:], []byte(": ")) {
		return 0
	}
	return n + 2
}

// logged reports whether a file and line are on the calling goroutine's stack: then they are what log.Lshortfile put there, and no
// part of the message.
func logged(b []byte) bool {
	name, line, _ := bytes.Cut(bytes.TrimSuffix(b, []byte(": ")), []byte(".go:"))
	number, err := strconv.Atoi(string(line))
	if err != nil {
		return string(b) == "???:0: "
	}
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Line == number && strings.HasSuffix(f.File, string(name)+".go") {
			return true
		}
		if !more {
			return false
		}
	}
}

// copied reports whether the caller of Write copies a stream, such as the output of a child process: what comes at once is as it
// happens to be buffered, and has as many records as lines. A logger, or the game, makes one Write of what belongs together.
func copied() bool {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		switch pkg, name, _ := strings.Cut(f.Function, "."); {
		case pkg == "fmt" || pkg == "bytes" || pkg == "strings" || pkg == "io" && (name == "WriteString" || strings.HasPrefix(name, "(*multiWriter)")):
		default:
			return pkg == "io" || pkg == "bufio" || pkg == "os"
		}
		if !more {
			return false
		}
	}
}
