package runfile

// Error says what failed at which file, and what helps where that is known.
type Error struct {
	_        [0]func() // no code to compare it
	Op, Path string
	Err      error
}

// Error returns "krunk: run file PATH: OP: CAUSE", and behind it what to do.
func (e *Error) Error() string {
	return "krunk: run file " + e.Path + ": " + e.Op + ": " + e.Err.Error() + advice(e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

//go:noinline
func failed(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Path: path, Err: err}
}

// advice says what helps a player or a packager; the rest is for whoever reads the log.
func advice(err error) string {
	switch {
	case full(err):
		return "; free some space, or choose a directory on another disk"
	case refused(err):
		return "; choose a directory that this user may write to"
	}
	return ""
}
