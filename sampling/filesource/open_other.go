//go:build !unix

package filesource

import "os"

func open(name string) (*os.File, error) { return os.Open(name) }
