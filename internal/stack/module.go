package stack

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// GuessModule guesses the path of the main module from the caller of Start, for builds that do not link
// runtime/debug. A package main built with -trimpath tells by its file ("example.test/moonfall/cmd/game/main.go"), any
// other package by its import path. A path on a known forge is cut to host/owner/repository, another one with a dot
// to its first two elements, one without a dot to its first. The result is empty for a package main built without
// -trimpath or from single files.
//
// Limits: a module at the bare host ("example.test") is guessed too long, one deeper than two elements
// ("git.example.test/team/moonfall") too short, so that its siblings count as in-app.
func GuessModule(function, file string) string {
	path, _ := Split(function)
	if path == "main" || path == "" {
		if isAbs(file) {
			return ""
		}
		path = dirOf(cutVersion(file))
	}
	if path == "" || path == "." || below(path, "command-line-arguments") {
		return ""
	}
	path = strings.TrimSuffix(path, "_test")
	host := firstElement(path)
	switch host {
	case "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com", "git.sr.ht":
		return elements(path, 3)
	}
	if strings.IndexByte(host, '.') < 0 {
		return host
	}
	return elements(path, 2)
}

// inApp decides by import path. Without a main module, code is the game's when its path has a dot and its file
// carries no module version: -trimpath and the module cache write one ("lib@v1.2.3") for every dependency.
func (r *Resolver) inApp(f *Frame) bool {
	pkg := strings.TrimSuffix(f.Module, "_test")
	switch {
	case pkg == "":
		return false
	case belowAny(pkg, r.inAppPrefixes):
		return true
	case f.role == roleSDK:
		return false
	case pkg == "main":
		return true
	case r.mainModule != "":
		return below(pkg, r.mainModule)
	}
	local := f.File != "" && strings.IndexByte(f.File, '@') < 0 && ascii.Index(f.File, "/vendor/") < 0
	return local && strings.IndexByte(firstElement(pkg), '.') >= 0
}

// moduleOf returns the import path of a frame. A closure inside a function that was inlined into another package
// carries the name of the package it was inlined into; the name of its file knows better.
func (r *Resolver) moduleOf(f *Frame) string {
	if !isClosure(f.Function) {
		return f.Module
	}
	dir := dirOf(cutVersion(r.trimmed(f.File)))
	switch {
	case dir == "" || dir == "." || dir == "command-line-arguments":
		return f.Module
	case isAbs(f.File): // no code of the game's lies there
		return dir
	case f.Module != "main":
		if dir == strings.TrimSuffix(f.Module, "_test") {
			return f.Module
		}
		return dir
	case r.mainModule == "" && strings.IndexByte(f.File, '@') < 0:
		return f.Module
	case r.mainModule != "" && below(dir, r.mainModule):
		return f.Module
	}
	return dir
}

// trimmed returns the name of a file as -trimpath writes it where that can be told: in the standard library, the module cache
// and a vendor directory. It is empty elsewhere.
func (r *Resolver) trimmed(file string) string {
	if !isAbs(file) {
		return file
	}
	if rest, ok := strings.CutPrefix(file, r.library); ok && r.library != "" {
		return rest
	}
	for _, dir := range [...]string{"/pkg/mod/", "/vendor/"} {
		if at := ascii.LastIndex(file, dir); at >= 0 {
			return file[at+len(dir):]
		}
	}
	return ""
}

// filename returns the short name of a frame's file. It depends on the import path, not on where the source lay, so
// builds with and without -trimpath give the same, and no directory of a player or developer is in it.
func (r *Resolver) filename(f *Frame) string {
	base := f.File[ascii.LastIndexAny(f.File, `/\`)+1:]
	switch {
	case len(base) == len(f.File):
		return base
	case f.Module == "main" || f.Module == "":
		if isAbs(f.File) {
			return base // The directory may be someone's home.
		}
		return r.relative(cutVersion(f.File))
	case strings.HasSuffix(base, "_test.go"):
		return r.relative(strings.TrimSuffix(f.Module, "_test") + "/" + base)
	}
	return r.relative(f.Module + "/" + base)
}

// relative cuts the main module off a path.
func (r *Resolver) relative(path string) string {
	if r.mainModule != "" && len(path) > len(r.mainModule)+1 && below(path, r.mainModule) {
		return path[len(r.mainModule)+1:]
	}
	return path
}

// cutVersion removes the module version from a trimmed path: "lib@v1.2.3/x.go" becomes "lib/x.go".
func cutVersion(path string) string {
	at := strings.IndexByte(path, '@')
	if at < 0 {
		return path
	}
	slash := strings.IndexByte(path[at:], '/')
	if slash < 0 {
		return path[:at]
	}
	return path[:at] + path[at+slash:]
}

// below reports whether path is prefix or lies under it.
//
//go:noinline
func below(path, prefix string) bool {
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

func belowAny(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if below(path, p) {
			return true
		}
	}
	return false
}

func isAbs(file string) bool {
	if file == "" {
		return false
	}
	return file[0] == '/' || file[0] == '\\' || len(file) > 1 && file[1] == ':'
}

func dirOf(file string) string {
	return file[:max(0, strings.LastIndexByte(file, '/'))]
}

func firstElement(path string) string { return elements(path, 1) }

// elements returns the first n elements of path, all of it when it has fewer.
func elements(path string, n int) string {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			if n--; n == 0 {
				return path[:i]
			}
		}
	}
	return path
}
