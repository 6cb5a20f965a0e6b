//go:build !unix

package policyserver

import "os"

func open(name string) (*os.File, error) { return os.Open(name) }
