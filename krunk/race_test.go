//go:build race

package krunk_test

const raceEnabled = true
