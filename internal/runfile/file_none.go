//go:build !linux

package runfile

// File is the file of one run; there are none on this system yet.
type File struct {
	Mem  []byte
	Path string
}

// Create returns ErrUnsupported.
func Create(dir string, size, tail int, start uint64, random uint32) (*File, error) {
	return nil, ErrUnsupported
}

// Claim returns ErrUnsupported.
func Claim(path string, size int) (*File, error) { return nil, ErrUnsupported }

// Cut returns ErrUnsupported.
func (f *File) Cut(size int) error { return ErrUnsupported }

// Sync returns ErrUnsupported.
func (f *File) Sync() error { return ErrUnsupported }

// Remove returns ErrUnsupported.
func (f *File) Remove() error { return ErrUnsupported }

// Close does nothing.
func (f *File) Close() error { return nil }
