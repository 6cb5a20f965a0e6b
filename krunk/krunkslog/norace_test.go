//go:build !race

package krunkslog_test

const raceEnabled = false
