package runfile

// noCrashFD is no descriptor.
const noCrashFD = ^uintptr(0)

// PanicOnFault makes a store to memory that is no longer there, as that of a truncated file or a card that was pulled out, a panic of the calling goroutine
// instead of the end of the program, and returns what it was before. It does nothing and returns false where Linked is false. Does not allocate.
func PanicOnFault(on bool) (before bool) { return setPanicOnFault(on) }

// Linked reports whether this build has PanicOnFault and CrashOutput.
const Linked = linked
