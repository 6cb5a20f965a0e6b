package runfile

import (
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/runfile"
)

// The answer of a player lies in the directory of the runs, as a word that he can read. An empty file is no answer.
const (
	answerName = "consent"
	answerSize = 16
	granted    = "granted\n"
	refused    = "denied\n"
)

// answer returns the one that was kept, or otherwise if there is none. What is there and cannot be read, or is no file of its own, is a no.
func (d *dir) answer(otherwise uint8) uint8 {
	b, err := runfile.Small(d.Dir, answerName, answerSize)
	switch {
	case err == nil && len(b) == 0, err != nil && !runfile.Present(d.Dir+"/"+answerName):
		return otherwise
	case err == nil && string(b) == granted:
		return legacy.Granted
	}
	return legacy.Denied
}

// keep is legacy.Player.Keep.
func (d *dir) keep(answer uint8) error {
	text := ""
	switch answer {
	case legacy.Granted:
		text = granted
	case legacy.Denied:
		text = refused
	}
	return runfile.PutSmall(d.Dir, answerName, []byte(text))
}

// erase removes the files of dead runs that nobody else holds, the install id, and what was known of the last run.
func (d *dir) erase() {
	for _, run := range d.List() {
		if f, err := d.Claim(run.Name); err == nil {
			f.Remove()
			f.Close()
		}
	}
	for _, name := range [...]string{installName, closedName} {
		if b, err := runfile.Small(d.Dir, name, 64); err != nil || len(b) > 0 {
			_ = runfile.PutSmall(d.Dir, name, nil)
		}
	}
}
