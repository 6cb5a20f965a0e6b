//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import (
	"runtime"

	"github.com/krunk-go/krunk/internal/stack"
)

// buildRelease knows no version: reading the build information links fmt, 192 KiB.
func buildRelease(module string) string { return moduleName(module) + "@" + unversioned }

// mainModule guesses from the function that called Start, and its file. It is called by Start alone.
//
//go:noinline
func mainModule() func() string {
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	f, _ := runtime.CallersFrames(pc[:]).Next() // resolving needs it anyway; runtime.Caller would be linked besides
	return func() string { return stack.GuessModule(f.Function, f.File) }
}
