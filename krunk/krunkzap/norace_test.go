//go:build !race

package krunkzap_test

const raceEnabled = false
