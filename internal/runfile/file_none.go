//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package runfile

type system struct{}

func separator(c byte) bool { return c == '/' }

func missing(error) bool { return false }
func nowhere(error) bool { return true } // nothing ever could be kept
func exists(error) bool  { return false }
func full(error) bool    { return false }
func refused(error) bool { return false }

func absolute(path string) (string, error) { return path, ErrUnsupported }

func makeOne(string) error { return ErrUnsupported }

func (f *File) open(bool) error                  { return ErrUnsupported }
func (f *File) lock() error                      { return ErrUnsupported }
func (f *File) reserve(int, int) error           { return ErrUnsupported }
func (f *File) mmap(int) error                   { return ErrUnsupported }
func (f *File) truncate(int64) error             { return ErrUnsupported }
func (f *File) sync() error                      { return ErrUnsupported }
func (f *File) remove() error                    { return ErrUnsupported }
func (f *File) close() error                     { return nil }
func (f *File) crashOutput() error               { return ErrUnsupported }
func (f *File) stopCrashOutput()                 {}
func (f *File) pread([]byte, int64) (int, error) { return 0, ErrUnsupported }

func list(string) ([]string, error) { return nil, ErrUnsupported }

func stat(string) (modified, size int64, err error) { return 0, 0, ErrUnsupported }

func small(string, int) ([]byte, error) { return nil, ErrUnsupported }

// SyncDir does nothing: there are no directories here.
func SyncDir(string) error { return nil }

func putSmall(string, []byte) error { return ErrUnsupported }

// BootID returns zeros: unknown here.
func BootID() (id [16]byte) { return id }

// Resident returns 0: unknown here.
func Resident() uint64 { return 0 }
