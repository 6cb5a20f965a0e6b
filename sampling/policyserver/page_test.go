package policyserver

import (
	"regexp"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	s := serving(t, Options{Page: true, Token: "tok<\""})
	for path, kind := range pageTypes {
		w := do(s, "GET", path, "")
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != kind || w.Body.Len() < 1000 {
			t.Errorf("%s: %d %s, %d bytes", path, w.Code, h.Get("Content-Type"), w.Body.Len())
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", path, csp)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, h)
		}
		// The page loads nothing from elsewhere, and the security policy forbids inline code and style.
		body := w.Body.String()
		if m := regexp.MustCompile(`(?i)https?://|<script>|<style|\sstyle=|\son[a-z]+=|innerHTML|eval\(`).FindString(body); m != "" {
			t.Errorf("%s holds %q", path, m)
		}
	}
	if body := do(s, "GET", "/", "").Body.String(); !strings.Contains(body, `content="tok&lt;&#34;"`) {
		t.Error("the token is not in the page, or not escaped")
	}
	if w := do(s, "POST", "/", ""); w.Code != 405 {
		t.Errorf("POST of the page: %d", w.Code)
	}
	for _, path := range []string{"/policy/", "/policy/page.html", "/policy/../server.go", "/favicon.ico"} {
		if w := do(s, "GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestNoPage(t *testing.T) {
	s := serving(t, Options{})
	for path := range pageTypes {
		if w := do(s, "GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestPageTokenIsRandom(t *testing.T) {
	a, b := serving(t, Options{}), serving(t, Options{})
	if a.o.Token == b.o.Token || len(a.o.Token) < 20 {
		t.Errorf("tokens %q and %q", a.o.Token, b.o.Token)
	}
}

// A name that can be no channel's is refused where the game gives it: no policy could connect it.
func TestChannelsThatAreNone(t *testing.T) {
	for _, name := range []string{"", "*", "net.*", "net..http", "net http"} {
		if _, err := New(new(Memory), Options{Channels: []string{"net", name}}); err == nil || !strings.Contains(err.Error(), "Options.Channels[1]: ") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := New(new(Memory), Options{Channels: []string{"Net.http-2", "ui_x"}}); err != nil {
		t.Error(err)
	}
}
