package main

import (
	"encoding/binary"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// link is what a connection to the game server carries for Krunk. In a real game these are three fields of messages that it
// has anyway; here a connection is a call within the process.
type link interface {
	// Heartbeat tells the server what the client runs and returns the version that it should run.
	Heartbeat(id uint64, echo string) sampling.Version
	// Policy returns the document of that version, or a newer one. It must not be modified.
	Policy() []byte
}

// wire is a link into a server of the same process.
type wire struct{ policies *policyserver.Server }

// Heartbeat is the server's side, which puts 16 bytes into its answer, and then the client's, which takes them out.
func (w wire) Heartbeat(id uint64, echo string) sampling.Version {
	w.policies.HeartbeatEcho(id, echo)
	return parseHint(w.policies.Hint())
}

func (w wire) Policy() []byte {
	b, _ := w.policies.Bytes()
	return b
}

// parseHint reads epoch and number, 8 bytes each, big endian.
func parseHint(h [16]byte) sampling.Version {
	return sampling.Version{Epoch: int64(binary.BigEndian.Uint64(h[:8])), N: int64(binary.BigEndian.Uint64(h[8:]))}
}
