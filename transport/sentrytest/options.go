package sentrytest

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

const (
	defaultKey     = "0123456789abcdef0123456789abcdef"
	defaultProject = "42"
	defaultKeep    = 64 << 20
)

// Options are the settings of a Server. The zero value is a strict server without rate limits.
type Options struct {
	Project string // "": 42
	Key     string // public key; "": 0123456789abcdef twice

	// Keep is how many bytes of decompressed envelopes are kept; the oldest are dropped first. Decoded items are bounded
	// by the same number of payload bytes for each kind, faults and notes by 10,000 each. 0: 64 MiB.
	Keep int64

	// AnyTime switches off the checks of times against the clock, for envelopes with fixed times. Times in milliseconds
	// and the like stay faults.
	AnyTime bool

	// CrashTogether makes it a fault if a session ends as crashed in an envelope without a fatal event: a server that gets
	// the one without the other counts a crash nobody can look at.
	CrashTogether bool

	// RateLimits is sent as X-Sentry-Rate-Limits with each answer that has none of its own, 200 included. Bugsink sends
	// "86400:transaction;span:organization". "": no header.
	RateLimits string
}

func (o Options) filled() Options {
	if o.Project == "" {
		o.Project = defaultProject
	}
	if o.Key == "" {
		o.Key = defaultKey
	}
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
	return o
}

// New makes a Server without a socket, to be used as an http.Handler or by Transport. In a testing/synctest bubble it
// must be made inside. Its DSN names the host sentrytest.invalid.
func New(o Options) *Server {
	s := &Server{opt: o.filled(), rules: sentryrules.NewRules(), url: "http://sentrytest.invalid", closed: make(chan struct{})}
	s.clear()
	return s
}

// Start makes a Server that listens on a free port of 127.0.0.1. It panics if there is none, as net/http/httptest does.
// The caller must Close it.
func Start(o Options) *Server {
	s := New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("sentrytest: no port to listen on at 127.0.0.1: " + err.Error())
	}
	s.url = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: s, ErrorLog: quiet(), ReadHeaderTimeout: time.Minute}
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		_ = s.http.Serve(l) // ends with ErrServerClosed
	}()
	return s
}

// URL is the address without path, such as http://127.0.0.1:40001.
func (s *Server) URL() string { return s.url }

// DSN is what the program under test is started with.
func (s *Server) DSN() string {
	return strings.Replace(s.url, "://", "://"+s.opt.Key+"@", 1) + "/" + s.opt.Project
}
