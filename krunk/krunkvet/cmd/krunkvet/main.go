// Command krunkvet is a tool for go vet that finds uses of Krunk which do not do what they look like:
//
//	go vet -vettool=$(which krunkvet) ./...
//
// Package krunkvet says which, and how a comment answers a finding.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/krunk-go/krunk/krunk/krunkvet"
)

func main() { unitchecker.Main(krunkvet.Analyzers()...) }
