// Package device tells what a game runs on: the system and its version, the model, memory, processor and, if the game says it,
// the screen. It reads public files and makes calls that need no permission, at most 64 KiB in all, once. It never reads a host
// name, a serial number, a hardware address, a user name or anything else that names one machine among those of its model.
//
//	device.Read().Tell(client)
//
// It is a piece: a game that does not import it links none of it. Where a system tells nothing (wasip1, consoles), the
// game fills in an Info of its own.
package device

import (
	"strconv"

	"github.com/krunk-go/krunk/krunk"
)

// Info is what is known of a device; what is empty or zero is not known and not sent.
type Info struct {
	OS           string // as people call it: "Linux", "SteamOS", "Windows", "macOS", "Android"
	OSVersion    string // "3.6.20", "10.0.22631"
	Kernel       string // the kernel's number without what a builder wrote behind it: "6.11.11"
	Model        string // as people call it: "Steam Deck OLED"; the maker's own name in Board
	Board        string // the maker's name of it where that is another one: "Galileo"
	Manufacturer string // "Valve"
	Kind         Kind
	Processor    string // "AMD Custom APU 0932"
	Processors   int    // that the program may use
	Memory       int64  // of the machine, in bytes
	Browser      string // on js: "Firefox"
	BrowserMajor int    // its major version
	Screen       Screen
}

// Kind is the form of a device, as Sentry names it in device_type.
type Kind string

// Kinds of device.
const (
	Unknown  Kind = ""
	Handheld Kind = "Handheld"
	Desktop  Kind = "Desktop"
	Console  Kind = "Console"
	Phone    Kind = "Phone"
)

// Screen is what the game draws on. Read leaves it empty, except in a browser: how to ask differs by library, and the game has asked.
type Screen struct {
	Width, Height int     // pixels
	Scale         float64 // pixels for one unit of the system's, 0 if not known
	Hertz         int     // refreshes in a second, 0 if not known
}

// Read looks the device up. It takes under a millisecond and is not for a frame's goroutine. It never fails: what cannot be read stays empty.
func Read() Info {
	var i Info
	read(&i)
	i.tidy()
	return i
}

// Tell sets the contexts os, device and, in a browser, browser of everything that is captured after the call. A game that
// changes a member (a window that moved to another screen) calls it again.
func (i Info) Tell(c *krunk.Client) {
	i.tidy()
	set(c, "os", i.system())
	set(c, "device", i.machine())
	set(c, "browser", i.browser())
}

// set does not remove a context of the game's own where nothing is known.
func set(c *krunk.Client, name string, attrs []krunk.Attr) {
	if len(attrs) > 0 {
		c.SetContext(name, attrs...)
	}
}

func (i *Info) system() []krunk.Attr {
	var a attrs
	a.text("name", i.OS)
	a.text("version", i.OSVersion)
	a.text("kernel_version", i.Kernel)
	return a
}

func (i *Info) machine() []krunk.Attr {
	var a attrs
	a.text("name", i.Model)
	a.text("model", i.Model)
	a.text("model_id", i.Board)
	a.text("manufacturer", i.Manufacturer)
	a.text("device_type", string(i.Kind))
	a.text("cpu_description", i.Processor)
	a.number("processor_count", int64(i.Processors))
	a.number("memory_size", i.Memory)
	if s := i.Screen; s.Width > 0 && s.Height > 0 {
		a.number("screen_width_pixels", int64(s.Width))
		a.number("screen_height_pixels", int64(s.Height))
		a.text("screen_resolution", strconv.Itoa(s.Width)+"x"+strconv.Itoa(s.Height))
		if s.Scale > 0 {
			a = append(a, krunk.Float64("screen_density", s.Scale))
		}
		a.number("screen_hertz", int64(s.Hertz))
	}
	return a
}

func (i *Info) browser() []krunk.Attr {
	var a attrs
	a.text("name", i.Browser)
	if i.Browser != "" && i.BrowserMajor > 0 {
		a.text("version", strconv.Itoa(i.BrowserMajor))
	}
	return a
}

// attrs leaves out what is not known.
type attrs []krunk.Attr

func (a *attrs) text(key, value string) {
	if value != "" {
		*a = append(*a, krunk.String(key, value))
	}
}

func (a *attrs) number(key string, value int64) {
	if value > 0 {
		*a = append(*a, krunk.Int64(key, value))
	}
}
