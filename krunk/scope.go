package krunk

import (
	"strings"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// User is the player as the server is to know them. Nothing is filled in by Krunk but the ID, with Config.RunFile.
type User struct {
	ID    string // stable and of no meaning outside of the game; at most 128 bytes; empty: the random install id of Config.RunFile
	Name  string // goes as username; at most 128 bytes
	Email string // at most 75 bytes
}

// SetTag sets a tag on everything captured after the call, however full the black box is. Keys are letters, digits and _.:- up
// to 32 bytes; a space becomes "-", and so do other characters, and then a hash ends the key, so that keys which differ stay
// different. Values are one line of up to 200 bytes without spaces at their ends. An empty value removes the tag. At most 50
// tags are kept. Names that Krunk or servers write themselves are refused: release, dist, environment, user, filename,
// function, support_code and all that begin with "krunk.". It never blocks, and allocates only while the black box is full.
func (c *Client) SetTag(key, value string) {
	if key == "support_code" || strings.HasPrefix(key, "krunk.") {
		return
	}
	if value == "" {
		c.RemoveTag(key)
		return
	}
	c.scope(record.SetTag, "", String(key, value))
}

// RemoveTag removes a tag from everything captured after the call.
func (c *Client) RemoveTag(key string) { c.scope(record.RemoveTag, key) }

// SetUser sets the player on everything captured after the call. A zero User removes them. Rules of a policy that name players
// look at User.ID, unless the game told the controller another one (sampling.Identity.Player); a change of it takes the
// controller's lock.
func (c *Client) SetUser(u User) {
	if c != nil && !c.closed.Load() && !c.denied() {
		c.controls.Login(u.ID)
		c.plays(u.ID)
	}
	c.scope(record.SetUser, "", String("id", u.ID), String("username", u.Name), String("email", u.Email))
}

// plays tells the session who plays: where that is nobody, the installation does.
func (c *Client) plays(id string) {
	if id == "" {
		id = c.installID()
	}
	c.session.SetUser(id)
}

// SetContext sets a named group of values on every event captured after the call, such as the GPU or the level being
// played; without attrs it removes the group. A group holds up to 8192 bytes, and 24 groups are kept, as long as tags, user and
// groups together take no more than an eighth of Config.Memory; what is over is cut, and the events say so (krunk.scope_cut).
//
// Sentry knows some groups by name (app, browser, device, gpu, os, runtime) and throws a member away whose type is another one than
// its own, such as a gpu's memory_size as text: what can be brought into that type is, anything else keeps its value under its name
// with a "_" behind. So does a member called type, and a group under a name that servers use for themselves (profile, trace,
// replay, response, …).
func (c *Client) SetContext(name string, attrs ...Attr) { c.scope(record.SetContext, name, attrs...) }

// scope changes travel through the same ring as the records, so an event has the tags of its own moment and nothing is
// locked. What finds no room there waits beside it, since the state of the game is worth more than any one record.
func (c *Client) scope(t record.Type, text string, attrs ...Attr) {
	if c == nil || c.closed.Load() || c.denied() {
		return
	}
	c.uses.Changes.Use()
	r := capture{Head: record.Head{Type: t}, text: text, attrs: attrs}
	c.stamp(&r)
	c.own.put(blackbox.Event, &r, nil)
}
