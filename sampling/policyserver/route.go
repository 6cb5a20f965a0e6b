package policyserver

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// Before anybody is asked who that is: what is announced and never comes would hold the connection for ever, also of a request
		// that is refused, since the server reads on to the end of the body.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.patient)) // where the server can
	}
	switch r.URL.Path {
	case "/policy":
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			s.get(w, r)
		case http.MethodOptions:
			preflight(w)
		case http.MethodPut, http.MethodPost:
			s.put(w, r)
		default:
			notAllowed(w, r, "GET, HEAD, OPTIONS, PUT, POST")
		}
	case "/policy/status":
		s.reads(w, r, s.status)
	case "/policy/history":
		s.reads(w, r, s.history)
	case "/policy/compare":
		s.reads(w, r, s.compare)
	case "/policy/ahead":
		s.reads(w, r, s.upcoming)
	case "/policy/draft":
		posts(w, r, s.draft)
	case "/policy/player":
		posts(w, r, s.player)
	case "/policy/kill":
		posts(w, r, s.kill)
	default:
		if !s.o.Page || pageTypes[r.URL.Path] == "" {
			http.NotFound(w, r)
		} else if s.mayRead(w, r) {
			s.page(w, r)
		}
	}
}

func posts(w http.ResponseWriter, r *http.Request, f func(http.ResponseWriter, *http.Request)) {
	if r.Method != http.MethodPost {
		notAllowed(w, r, "POST")
		return
	}
	f(w, r)
}

func (s *Server) reads(w http.ResponseWriter, r *http.Request, f func(http.ResponseWriter, *http.Request)) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, r, "GET, HEAD")
		return
	}
	if s.mayRead(w, r) {
		s.refresh()
		f(w, r)
	}
}

// mayRead says whether the caller may look at what is not the policy, or answers why not.
func (s *Server) mayRead(w http.ResponseWriter, r *http.Request) bool {
	if s.o.AuthorizeRead == nil {
		return true
	}
	err := s.o.AuthorizeRead(r)
	if err != nil {
		answer(w, http.StatusForbidden, failure{Error: err.Error()})
	}
	return err == nil
}

func notAllowed(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	http.Error(w, r.Method+" is not allowed; use "+allow, http.StatusMethodNotAllowed)
}

// errOff is the answer to whoever publishes where nobody may.
var errOff = errors.New("publishing is off: this server was made without Options.Authorize")

// errToken is the answer to a page of before a restart, which fetches itself again and takes the new token, and to foreign ones.
var errToken = errors.New("the request does not come from the control page as this server sent it; load the page again")

// allow says who wants to write, or answers why that is refused. A browser must come from the control page itself: it says
// so in Sec-Fetch-Site or Origin, and it knows the token that only a page of the same origin can read.
func (s *Server) allow(w http.ResponseWriter, r *http.Request) (who string, ok bool) {
	err := s.guard.Check(r)
	switch {
	case s.o.Authorize == nil:
		err = errOff
	case err == nil && fromBrowser(r) && subtle.ConstantTimeCompare([]byte(r.Header.Get("Krunk-Token")), []byte(s.o.Token)) != 1:
		err = errToken
	case err == nil:
		if who, err = s.o.Authorize(r); err == nil && clean(who) == "" {
			err = errors.New("Options.Authorize gave no name")
		}
	}
	if err != nil {
		s.audit(clean(fmt.Sprintf("refused %s %s from %s: %s", r.Method, r.URL.Path, r.RemoteAddr, err)))
		answer(w, http.StatusForbidden, failure{Error: err.Error(), Reload: err == errToken})
		return "", false
	}
	return clean(who), true
}

// fromBrowser reports whether a browser sent the request, perhaps an old one. A program that sends none of these headers
// has no user whose rights a foreign page could borrow.
func fromBrowser(r *http.Request) bool {
	for _, name := range [...]string{"Sec-Fetch-Site", "Origin", "Referer", "Cookie"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
