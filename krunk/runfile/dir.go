package runfile

import (
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/heir"
	"github.com/krunk-go/krunk/internal/runfile"
)

// dir is a directory of runs as those see it who go on with them.
type dir struct {
	_         [0]func() // no code to compare it
	Dir       string
	disk, age int64       // see Options; a time.Duration behind an interface would link how it is written
	own       string      // path of this run
	unread    atomic.Bool // what the player has answered lies there, or may, and cannot be read
}

func (d *dir) path(name string) string { return d.Dir + "/runs/" + name }

// List is heir.Dir.List.
func (d *dir) List() []heir.Left {
	names, _ := runfile.List(d.Dir + "/runs")
	var runs []heir.Left
	for _, name := range names {
		path := d.path(name)
		if path == d.own {
			continue
		}
		if at, size, err := runfile.Stat(path); err == nil {
			runs = append(runs, heir.Left{Name: name, Ended: at, Size: size})
		}
	}
	return runs
}

// Claim is heir.Dir.Claim.
func (d *dir) Claim(name string) (heir.File, error) {
	f, err := runfile.Claim(d.path(name), 0)
	if err != nil {
		return nil, err
	}
	return (*file)(f), nil
}

// Rule is heir.Dir.Rule.
func (d *dir) Rule() (bytes, age int64) { return d.disk, d.age }

// file is a claimed run.
type file runfile.File

// Bytes is heir.File.Bytes.
func (f *file) Bytes() []byte { return f.Mem }

// Ended is heir.File.Ended.
func (f *file) Ended() int64 { return f.Modified }

// Text is heir.File.Text.
func (f *file) Text(from int) string { return told((*runfile.File)(f), from) }

// Sync is heir.File.Sync.
func (f *file) Sync() { _ = (*runfile.File)(f).Sync() }

// Move is heir.File.Move: nobody copies a file that is claimed.
func (f *file) Move(move func()) { move() }

// Cut is heir.File.Cut.
func (f *file) Cut(size int) { _ = (*runfile.File)(f).Cut(size) }

// Remove is heir.File.Remove.
func (f *file) Remove() { _ = (*runfile.File)(f).Remove() }

// Close is heir.File.Close.
func (f *file) Close() { _ = (*runfile.File)(f).Close() }
