//go:build !race

package crashtext

const raceEnabled = false
