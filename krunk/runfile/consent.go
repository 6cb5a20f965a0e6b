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

// unread is what Stats.RunFile says where nobody knows what was answered.
const unread = "; what the player has answered cannot be read, which counts as a no"

// answer returns the one that was kept, or otherwise if it is certain that there is none. What cannot be read, is no file of its own, or lies in a
// directory in which this user may not look is a no: whoever has said no must not be reported, and nobody can say that it was a yes.
func (d *dir) answer(otherwise uint8) uint8 {
	b, err := runfile.Small(d.Dir, answerName, answerSize)
	switch {
	case err == nil && len(b) == 0, err != nil && runfile.Absent(d.Dir+"/"+answerName):
		return otherwise
	case err == nil && string(b) == granted:
		return legacy.Granted
	case err != nil || string(b) != refused:
		d.unread.Store(true)
	}
	return legacy.Denied
}

// why is unread, as long as that holds.
func (d *dir) why() string {
	if d.unread.Load() {
		return unread
	}
	return ""
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
	err := runfile.PutSmall(d.Dir, answerName, []byte(text))
	if err == nil {
		d.unread.Store(false)
		err = runfile.SyncDir(d.Dir) // or a power cut may bring back an older answer
	}
	return err
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
