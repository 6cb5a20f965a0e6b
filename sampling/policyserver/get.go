package policyserver

import (
	"net/http"
	"strings"
)

// Values of headers that never change; shared by all answers and never written to.
var (
	headerFresh = []string{"no-store"}
	headerAny   = []string{"*"} // the policy is the same for everybody, so that any page may read it
	headerShown = []string{"ETag, Date, Age, Cache-Control, Retry-After, Krunk-Signature"}
	headerVary  = []string{"Accept-Encoding"} // two encodings under one address; caches fold the header to "gzip or not"
	headerJSON  = []string{"application/json"}
	headerGzip  = []string{"gzip"}
)

// get answers GET and HEAD of the document. The 304 answer does not allocate.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	s.refresh()
	if echo := r.Header["Krunk-Policy"]; len(echo) > 0 && r.Method == http.MethodGet {
		s.fleet.poll(echo[0])
	}
	c, h := s.current.Load(), w.Header()
	h["Access-Control-Allow-Origin"], h["Access-Control-Expose-Headers"] = headerAny, headerShown
	if c == nil {
		h["Cache-Control"] = headerFresh
		w.WriteHeader(http.StatusNoContent) // nothing yet, which is no reason to ask more seldom
		return
	}
	zip := c.packed != nil && takesGzip(r.Header["Accept-Encoding"])
	h["Etag"], h["Cache-Control"], h["Vary"] = c.tags, c.cache, headerVary
	if zip {
		h["Etag"] = c.shortTags
	}
	if c.signature != nil {
		h["Krunk-Signature"] = c.signature
	}
	if asked := r.Header["If-None-Match"]; listed(asked, c.tag) || listed(asked, c.shortTag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, length := c.entry.Bytes, c.length
	if zip {
		h["Content-Encoding"] = headerGzip
		body, length = c.packed, c.short
	}
	h["Content-Type"], h["Content-Length"] = headerJSON, length
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone, or has it
	}
}

// preflight lets games in browsers, whose pages have another origin, send what package httpsource sends. It opens nothing but GET.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = headerAny
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "Krunk-Policy, If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// listed reports whether a list of tags, perhaps over several lines, holds tag or "*". Tags compare weakly.
func listed(lines []string, tag string) bool {
	for _, rest := range lines {
		for rest != "" {
			var one string
			one, rest, _ = strings.Cut(rest, ",")
			if one = strings.TrimSpace(one); strings.TrimPrefix(one, "W/") == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// takesGzip reads Accept-Encoding as far as one coding needs it.
func takesGzip(lines []string) bool {
	for _, rest := range lines {
		for rest != "" {
			var one string
			one, rest, _ = strings.Cut(rest, ",")
			name, q, _ := strings.Cut(one, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				_, value, _ := strings.Cut(q, "=")
				return strings.Trim(value, " 0.") != "" || strings.TrimSpace(q) == ""
			}
		}
	}
	return false
}
