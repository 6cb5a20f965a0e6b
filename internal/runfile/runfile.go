// Package runfile keeps the memory of a run in a file that outlives it. It speaks to the system by package syscall alone: package os would
// cost a lean program 325 KiB. A File and its directory belong to one goroutine at a time; its Mem is for whoever keeps the rules of what lies in it.
package runfile

import "errors"

var (
	// ErrUnsupported says that this system or build has no run files, or not this part of them.
	ErrUnsupported = errors.New("not supported on this system or by this build")
	// ErrBusy says that another process holds the file, or that it is no longer at its path: whoever had it is through with it.
	ErrBusy = errors.New("held by another process, or gone")
	// ErrEmpty says that the file's maker was killed before it published anything. Claim has removed it.
	ErrEmpty = errors.New("nothing was written yet")

	errNoLocks  = errors.New("this file system has no locks; choose a directory on a disk of this machine")
	errOwner    = errors.New("belongs to another user")
	errKind     = errors.New("not a file of its own but a link, a directory or a device")
	errShort    = errors.New("shorter than what is to be mapped")
	errTooLarge = errors.New("larger than it may be")
	errSize     = errors.New("a run file needs a size above 0")
	errNoPath   = errors.New("no directory was given")
)

// maxMapped limits what Claim maps of a file that says nothing of its length, and what Create makes: nobody could read a longer one.
const maxMapped = 256 << 20

// tries limits how many names Create takes for one run: a claimer removes a file that it sees before its maker has the lock.
const tries = 5

// File is the locked and mapped file of one run. Mem must not be used after Close.
type File struct {
	Mem      []byte // owned by the File; its first bytes are the file's
	Path     string // absolute
	Modified int64  // Unix nanoseconds of the last write to the file, read by Claim before anything was written
	Size     int64  // on the disk, at Create or Claim
	length   int64  // at Claim
	system
}

// Create makes the file of a run in dir, with all directories that are missing: locked, size bytes of zeros mapped, and tail more reserved behind them
// where that can be done without showing in its length. A failure leaves no file. Files and directories are for this user alone.
func Create(dir string, size, tail int, start uint64, random uint32) (*File, error) {
	dir, err := absolute(dir)
	if err == nil && size <= 0 {
		err = errSize
	} else if err == nil && size > maxMapped {
		err = errTooLarge
	}
	if err != nil {
		return nil, failed("create", dir, err)
	}
	if err := makeAll(dir); err != nil {
		return nil, failed("make the directory", dir, err)
	}
	for range tries {
		f := &File{Path: join(dir, name(start, random))}
		op, e := f.create(size, tail)
		if e == nil {
			return f, nil
		}
		err = failed(op, f.Path, e)
		if e != ErrBusy && !exists(e) {
			break
		}
		random = random*1664525 + 1013904223
	}
	return nil, err
}

// create says what it was at when it failed.
func (f *File) create(size, tail int) (op string, err error) {
	if err = f.open(true); err != nil {
		return "create", err
	}
	if err = f.lock(); err != nil {
		op = "lock"
	} else if err = f.reserve(size, tail); err != nil {
		op = "reserve " + kib(size)
	} else if err = f.mmap(size); err != nil {
		op = "map " + kib(size)
	} else {
		f.Size = int64(size) + int64(tail)
		return "", nil
	}
	if err != ErrBusy { // who holds it removes it: nothing was published
		f.remove()
	}
	f.close()
	return op, err
}

// Claim locks and maps size bytes of the file of a dead run; 0: all of it. A link is not followed, and what is no file or one of another user is
// refused. It fails with ErrBusy if its run lives or another process claimed it, and with ErrEmpty, having removed it, if it begins with 8 zeros.
func Claim(path string, size int) (*File, error) {
	path, err := absolute(path)
	f := &File{Path: path}
	if err == nil {
		err = f.open(false)
	}
	if err != nil {
		return nil, failed("open", path, err)
	}
	if err = f.lock(); err == nil {
		err = f.mapped(size)
	}
	if err == ErrEmpty {
		f.remove()
	}
	if err != nil {
		f.close()
		return nil, failed("claim", path, err)
	}
	return f, nil
}

// mapped maps a file that was there before.
func (f *File) mapped(size int) error {
	if f.length < 8 {
		return ErrEmpty
	}
	if size == 0 {
		size = int(min(f.length, maxMapped))
	}
	if size < 8 || int64(size) > f.length {
		return errShort
	}
	if err := f.mmap(size); err != nil {
		return err
	}
	for _, b := range f.Mem[:8] {
		if b != 0 {
			return nil
		}
	}
	return ErrEmpty
}

// Tail reads what stands in the file from byte from on, as far as there is room in p: a text behind the block. 0 bytes: there is no more.
func (f *File) Tail(p []byte, from int) (int, error) {
	n, err := f.read(p, int64(from))
	return n, failed("read", f.Path, err)
}

func (f *File) read(p []byte, from int64) (int, error) {
	n := 0
	for n < len(p) {
		m, err := f.pread(p[n:], from+int64(n))
		if m <= 0 || err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}

// Cut gives back what lies behind size bytes; on windows Close does it. Stores there fault from then on.
func (f *File) Cut(size int) error { return failed("cut", f.Path, f.truncate(int64(size))) }

// Sync waits until what was stored is on the disk.
func (f *File) Sync() error { return failed("sync", f.Path, f.sync()) }

// Remove takes the name away; Mem stays. On windows Close does it, so that the file of a run that lives stays to the next start.
func (f *File) Remove() error { return failed("remove", f.Path, f.remove()) }

// Close unmaps the file and gives the lock up: nobody may use Mem any more. The file of the own run is never closed, for a late store would fault.
func (f *File) Close() error {
	return failed("close", f.Path, f.close())
}

// CrashOutput has the Go runtime write the text of a crash behind Mem. There is one such output in a process: the last who sets one gets the text.
func (f *File) CrashOutput() error {
	return failed("set the crash output to it", f.Path, f.crashOutput())
}

// StopCrashOutput ends what CrashOutput began, unless somebody else has set another output since.
func (f *File) StopCrashOutput() { f.stopCrashOutput() }

// maxNames limits what List returns.
const maxNames = 4096

// List returns the names of at most 4096 run files in dir, oldest first; none if there is no dir.
func List(dir string) ([]string, error) {
	names, err := list(dir)
	sort(names)
	return names, failed("list", dir, err)
}

// Stat returns when a file was last written, in Unix nanoseconds, and its size on the disk. It opens nothing and follows no link.
func Stat(path string) (modified, size int64, err error) {
	modified, size, err = stat(path)
	return modified, size, failed("look at", path, err)
}

// Absent reports whether it is certain that nothing lies there. It is not where the system does not let anybody look, or where looking fails.
func Absent(path string) bool {
	_, _, err := stat(path)
	return nowhere(err)
}

// Small returns the contents of a small file; nil without an error if there is none. A link is not followed, what is no file, one of another user or
// larger than limit is refused, and nothing that lies there blocks.
func Small(dir, name string, limit int) ([]byte, error) {
	path := join(dir, name)
	b, err := small(path, limit)
	return b, failed("read", path, err)
}

// PutSmall replaces a small file, and makes dir if it is missing. A process killed in between leaves the old or the new contents. It fails with ErrBusy if
// another process is at it.
func PutSmall(dir, name string, b []byte) error {
	path := join(dir, name)
	err := makeAll(dir)
	if err == nil {
		err = putSmall(path, b)
	}
	return failed("write", path, err)
}
