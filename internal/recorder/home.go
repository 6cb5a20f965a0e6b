package recorder

import "syscall"

// home returns what this device calls the player's home directory. It is all that Krunk reads from the environment, and it is
// used to keep that directory out of everything that is sent.
func home() string {
	for _, name := range [...]string{"USERPROFILE", "HOME"} {
		if dir, ok := syscall.Getenv(name); ok && dir != "" {
			return dir
		}
	}
	return ""
}

// Scrub returns s without what is private, for a name that is made into something else before it gets here. Any goroutine may
// call it.
func (r *Recorder) Scrub(s string) string { return r.scope.scrub.Text(s) }
