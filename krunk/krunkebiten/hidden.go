package krunkebiten

import (
	"unsafe"

	"github.com/krunk-go/krunk/krunk"
)

// hidden is a client whose type nobody sees. The engine links text/template, so the linker keeps every exported method of each type that can
// be reached from a value in an interface, as a game is: 0.3 MiB of a lean program.
type hidden struct{ client unsafe.Pointer }

func (h hidden) get() *krunk.Client { return (*krunk.Client)(h.client) }
