package krunk

import (
	"errors"
	"time"
)

// Probe sends one envelope that makes no event, and says what the answer means: nil if the server takes what this client sends,
// otherwise what is wrong and what to write instead (key, project, path or scheme of Config.DSN, its quota, a network that wants a log-in,
// a host that does not answer). It waits for at most d, and behind an attempt that is under way. It is for whoever sets a game up;
// a player's game has Stats.LastError, which says the same.
func (c *Client) Probe(d time.Duration) error {
	switch {
	case c == nil:
		return errors.New("krunk: Probe: the client is nil; call Start, and look at its error")
	case c.sender == nil:
		return errors.New("krunk: Probe: Config.DSN is empty, so that nothing is sent; write the DSN that the server shows for the project")
	case c.closed.Load():
		return errors.New("krunk: Probe: the client is closed; call Probe before Close")
	}
	if c.held() {
		return errUnsaid
	}
	limit := c.progress.Limit(d)
	defer limit.Stop()
	text, ok := c.sender.Probe(limit)
	switch {
	case !ok && c.held():
		return errUnsaid
	case !ok:
		return errors.New("krunk: Probe: no answer within " + d.String() + "; compare the host in Config.DSN with what the server shows, or allow more time")
	case text != "":
		return errors.New("krunk: Probe: " + text)
	}
	return nil
}

var errUnsaid = errors.New("krunk: Probe: nothing may leave the device; call Client.Consent with krunk.Granted once the player has said so")
