package runfile

import "github.com/krunk-go/krunk/internal/runfile"

// resident returns what memory the program uses, and what it may use, in KiB.
func resident() (used, limit uint64) { return runfile.Resident(), runfile.MemoryLimit() }
