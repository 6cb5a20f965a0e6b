//go:build !linux

package benchmarks

import "time"

// threadClock is what threadTime reads.
const threadClock = "wall time, for want of a thread's clock"

// threadTime returns the time of day: what the thread waits counts as well.
func threadTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
