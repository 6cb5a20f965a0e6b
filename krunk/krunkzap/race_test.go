//go:build race

package krunkzap_test

const raceEnabled = true
