//go:build !unix

package attachfile

// noWait is for systems whose pipes are files.
const noWait = 0
