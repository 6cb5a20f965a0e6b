//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import (
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/record"
)

// typeNames remembers the names of types: making one takes a microsecond, and allocates.
type typeNames struct{ known [64]unsafe.Pointer } // *typeNamed, read and written atomically

type typeNamed struct {
	_    [0]func() // no code to compare it
	word uintptr
	name string
}

// of is typeName, which asks again only after a type whose place is the same.
func (n *typeNames) of(v any) string {
	w := typeWord(v)
	if n == nil || w == 0 {
		return typeName(v)
	}
	at := &n.known[uint32(w)*0x9e3779b1>>26]
	if t := (*typeNamed)(atomic.LoadPointer(at)); t != nil && t.word == w {
		return t.name
	}
	t := &typeNamed{word: w, name: typeName(v)}
	atomic.StorePointer(at, unsafe.Pointer(t))
	return t.name
}

// nobody is the type of no value.
type nobody struct{}

// typeName returns the name of v's type as %T does. The runtime tells it in the error of an assertion that fails; package reflect
// tells it too, and is 20 KiB of a program that has no other use for it.
func typeName(v any) (name string) {
	if v == nil {
		return "nil"
	}
	defer func() {
		const before, behind = "interface conversion: interface {} is ", ", not *krunk.nobody"
		err, _ := recover().(error)
		if name = err.Error(); len(name) > len(before) && name[:len(before)] == before {
			name = name[len(before):]
			name = name[:max(0, ascii.LastIndex(name, behind))]
		}
	}()
	_ = v.(*nobody)
	return ""
}

// Kinds of types, as the runtime numbers them.
const (
	kindBool       = 1
	kindInt        = 2
	kindInt64      = 6
	kindUintptr    = 12
	kindFloat64    = 14
	kindComplex128 = 16
	kindString     = 24
)

// printed returns a panic's value as the runtime prints it, but for the address: a value of a basic kind, after the name of its type if that is
// the game's own, and the name alone of all else. Size and kind stand in the type's description, the kind behind two words, a hash and
// three bytes: TestPrinted holds the Go version to that.
func printed(v any, name string) string {
	at, about := (*[2]unsafe.Pointer)(unsafe.Pointer(&v))[1], *(*unsafe.Pointer)(unsafe.Pointer(&v))
	size := *(*uintptr)(about)
	kind := *(*byte)(unsafe.Add(about, 2*unsafe.Sizeof(size)+7)) & 31
	var s string
	switch {
	case kind == kindBool:
		s = strconv.FormatBool(*(*bool)(at))
	case kind >= kindInt && kind <= kindInt64:
		s = strconv.FormatInt(int64(number(at, size)<<(64-8*size))>>(64-8*size), 10)
	case kind <= kindUintptr:
		s = strconv.FormatUint(number(at, size), 10)
	case kind <= kindFloat64:
		s = printedFloat(at, size)
	case kind <= kindComplex128:
		im := printedFloat(unsafe.Add(at, size/2), size/2)
		if im[0] != '+' && im[0] != '-' {
			im = "+" + im
		}
		s = "(" + printedFloat(at, size/2) + im + "i)"
		if ascii.LastIndexAny(name, ".") >= 0 {
			s = name + s
		}
		return s
	case kind == kindString:
		s = *(*string)(at)
		s = `"` + s[:min(len(s), record.MaxText)] + `"` // what is longer is cut and marked by the record
	default:
		return "(" + name + ")"
	}
	if ascii.LastIndexAny(name, ".") < 0 {
		return s
	}
	return name + "(" + s + ")"
}

// number returns the bits of an integer of so many bytes.
func number(at unsafe.Pointer, size uintptr) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(at))
	case 2:
		return uint64(*(*uint16)(at))
	case 4:
		return uint64(*(*uint32)(at))
	}
	return *(*uint64)(at)
}

func printedFloat(at unsafe.Pointer, size uintptr) string {
	f, bits := 0.0, 8*int(size)
	if bits == 32 {
		f = float64(*(*float32)(at))
	} else {
		f = *(*float64)(at)
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}
