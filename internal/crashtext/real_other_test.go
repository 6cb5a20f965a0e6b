//go:build !unix && !js && !wasip1

package crashtext

// signals are none where processes cannot send any.
func signals() map[string]way { return map[string]way{} }
