//go:build !race

package krunklogr_test

const raceEnabled = false
