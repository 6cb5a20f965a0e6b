// Package attachfile attaches files to events: the saved game that does not load, the options, the end of a log.
//
//	client.Attach(attachfile.File(filepath.Join(saves, "slot1.sav")))        // with every fatal event
//	client.Report(err, krunk.Attach(attachfile.Tail(filepath.Join(dir, "game.log")))) // with this one
//
// A file is opened when its event is made, by the goroutine that makes all of them, below an os.Root of its folder: one that a link leads to
// outside of that folder is refused, and so is what is no regular file, such as a folder or a pipe, without waiting for it. Paths come from
// the program that runs and from nowhere else. Nobody looks into a file: it is not scrubbed (see krunk.Attachment).
package attachfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/krunk"
)

// File returns an attachment of a whole file, as long as it is when its event is made. A file that is longer than there is room is left out. A
// relative path counts from the folder in which the program is now. ContentType is told from the end of the name; change it where
// that is wrong.
func File(path string) krunk.Attachment { return of(path, false) }

// Tail is File for a file of lines: of one that is longer than there is room it attaches the last lines.
func Tail(path string) krunk.Attachment { return of(path, true) }

func of(path string, tail bool) krunk.Attachment {
	whole, err := filepath.Abs(path)
	return krunk.Attachment{
		Name: filepath.Base(path), ContentType: contentType(path),
		Read: func(most int) ([]byte, error) {
			if err != nil {
				return nil, err
			}
			return read(whole, most, tail)
		},
	}
}

var errNoFile = errors.New("no regular file")

// read returns a file in at most so many bytes. It may grow, shrink and go meanwhile.
func read(path string, most int, tail bool) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name := filepath.Base(path)
	info, err := root.Stat(name) // a device does things when it is opened
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	switch size := info.Size(); {
	case !info.Mode().IsRegular(): // somebody was faster
		return nil, errNoFile
	case size <= int64(most):
		return io.ReadAll(io.LimitReader(f, size))
	case tail && most > 0:
		return lines(io.NewSectionReader(f, size-int64(most), int64(most)))
	default:
		return nil, errors.New(strconv.FormatInt(size, 10) + " bytes, where " + strconv.Itoa(most) + " fit")
	}
}

// lines returns what r has behind its first line feed, or all of it where that is its end.
func lines(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(r)
	if i := bytes.IndexByte(b, '\n') + 1; i < len(b) {
		b = b[i:]
	}
	return b, err
}

func contentType(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".txt", ".log", ".ini", ".cfg", ".toml", ".yaml", ".yml":
		return "text/plain"
	case ".json":
		return "application/json"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	}
	return ""
}
