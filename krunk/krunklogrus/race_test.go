//go:build race

package krunklogrus_test

const raceEnabled = true
