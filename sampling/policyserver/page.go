package policyserver

import (
	"embed"
	"html/template"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

// pageTypes are the files of the control page by path.
var pageTypes = map[string]string{
	"/":                  "text/html; charset=utf-8",
	"/policy/page.css":   "text/css; charset=utf-8",
	"/policy/dom.js":     "text/javascript; charset=utf-8",
	"/policy/runs.js":    "text/javascript; charset=utf-8",
	"/policy/history.js": "text/javascript; charset=utf-8",
	"/policy/ahead.js":   "text/javascript; charset=utf-8",
	"/policy/faults.js":  "text/javascript; charset=utf-8",
	"/policy/player.js":  "text/javascript; charset=utf-8",
	"/policy/page.js":    "text/javascript; charset=utf-8",
}

// pagePolicy lets the page load from, talk to and be framed by nothing but itself and nobody.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/page.html"))

// page serves the files of the control page.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	kind := pageTypes[r.URL.Path]
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, r, "GET, HEAD")
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // the page holds the token
	if r.URL.Path == "/" {
		_ = pageTemplate.Execute(w, struct{ Token string }{s.o.Token}) // the browser is gone, or has it
		return
	}
	b, _ := pageFiles.ReadFile("page/" + r.URL.Path[len("/policy/"):]) // embedded
	_, _ = w.Write(b)
}
