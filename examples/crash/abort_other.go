//go:build !unix

package main

// abort is kill where there is no SIGABRT.
func abort() { kill() }
