//go:build !race

package krunkzerolog_test

const raceEnabled = false
