//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import "github.com/krunk-go/krunk/internal/stack"

// buildRelease knows no version: reading the build information links fmt, 192 KiB.
func buildRelease(module string) string { return moduleName(module) + "@" + unversioned }

// mainModule guesses from the function that called Start and its file.
func mainModule(function, file string) string { return stack.GuessModule(function, file) }
