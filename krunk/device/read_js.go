package device

import "syscall/js"

// read asks the browser for what it tells every page. A program outside of a browser (Node) has less, and none of it is an error.
func read(i *Info) {
	nav := js.Global().Get("navigator")
	if nav.Type() != js.TypeObject {
		return
	}
	agent := text(nav.Get("userAgent"))
	i.Browser, i.BrowserMajor = browser(agent)
	i.OS = platform(agent)
	i.Processors = int(float(nav.Get("hardwareConcurrency")))
	i.Memory = int64(float(nav.Get("deviceMemory")) * (1 << 30)) // a power of two up to 8 GiB, on purpose
	if screen := js.Global().Get("screen"); screen.Type() == js.TypeObject {
		scale := float(js.Global().Get("devicePixelRatio"))
		if scale <= 0 {
			scale = 1
		}
		i.Screen = Screen{
			Width: int(float(screen.Get("width"))*scale + 0.5), Height: int(float(screen.Get("height"))*scale + 0.5), Scale: scale,
		}
	}
}

func text(v js.Value) string {
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}

func float(v js.Value) float64 {
	if v.Type() != js.TypeNumber {
		return 0
	}
	return v.Float()
}
