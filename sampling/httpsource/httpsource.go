// Package httpsource brings policies from a URL: one conditional GET every five minutes, spread over the fleet. Where the
// game has a connection of its own to its servers, letting the policy ride on that is faster and costs nothing.
package httpsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// Options configure a Source; the zero Options poll every five minutes.
type Options struct {
	Client  *http.Client  // nil: one with a timeout of 30 s
	Every   time.Duration // interval if neither policy nor Cache-Control says; zero: 5 min; kept within 30 s and 24 h
	Header  http.Header   // sent along, such as Authorization
	Timeout time.Duration // of one request; zero: 30 s
}

// Source polls a URL. Make it with New.
type Source struct {
	url  string
	o    Options
	hint chan struct{}
	wall func() time.Time // tests replace it: no bubble makes wall and monotonic clock differ
}

// New returns a source for an http or https URL.
func New(address string, o Options) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("sampling/httpsource: %q is not an address; write e.g. https://game.example/policy", address)
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	return &Source{url: address, o: o, hint: make(chan struct{}, 1), wall: func() time.Time { return time.Now().Round(0) }}, nil
}

// Hint says that a newer policy is out: the next poll comes within the policy's spread, 60 s if it has none. It never
// blocks.
func (s *Source) Hint() {
	select {
	case s.hint <- struct{}{}:
	default:
	}
}

// poller is one run of a source.
type poller struct {
	*Source
	to   sampling.Sink
	plan schedule
	good string // tag of what runs; kept only after a successful apply
	bad  string // tag of what was refused, so that it is not loaded again
}

// Run implements sampling.Source. It returns only when ctx ends. No failure stops it: it keeps asking, ever more rarely up
// to once an hour.
func (s *Source) Run(ctx context.Context, to sampling.Sink) error {
	p := &poller{Source: s, to: to, good: to.ETag()}
	p.plan.every = pace(to.Pace().Every, nil, s.o.Every)
	wait := p.plan.first(to.Version() == sampling.Version{})
	for {
		if err := p.sleep(ctx, wait); err != nil {
			return err
		}
		wait = p.poll(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// sleep waits in short pieces. A wall clock that ran ahead of the wait means that the machine was suspended: then the next
// poll is a first one, since the whole fleet may have woken up.
func (p *poller) sleep(ctx context.Context, wait time.Duration) error {
	for wait > 0 {
		piece, before := min(wait, chunk), p.wall()
		t := time.NewTimer(piece)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-p.hint:
			t.Stop()
			spread := p.to.Pace().Spread
			if spread == 0 {
				spread = time.Minute
			}
			wait = min(wait-min(p.wall().Sub(before), wait), p.plan.below(spread))
			continue
		case <-t.C:
		}
		wait -= piece
		if p.wall().Sub(before) > piece+chunk {
			wait = min(wait, p.plan.first(false))
		}
	}
	return ctx.Err()
}

// errStatus is an answer that brings nothing.
type errStatus struct{ status int }

func (e errStatus) Error() string {
	return fmt.Sprintf("sampling/httpsource: the server answered %d %s", e.status, http.StatusText(e.status))
}

var errNothing = errors.New("sampling/httpsource: 304 without a policy of that tag")

// poll asks once and returns how long to wait.
func (p *poller) poll(ctx context.Context) time.Duration {
	ctx, stop := context.WithTimeout(ctx, p.o.Timeout)
	defer stop()
	answer, err := p.ask(ctx)
	if err != nil {
		p.to.Fetched(err)
		return p.plan.retry(0)
	}
	defer answer.Body.Close()
	h := answer.Header
	switch answer.StatusCode {
	case http.StatusOK:
		err = p.take(answer)
	case http.StatusNotModified:
		if p.good == "" && p.bad == "" {
			err = errNothing
		}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		p.to.Fetched(errStatus{answer.StatusCode})
		return p.plan.refused()
	default:
		err = errStatus{answer.StatusCode}
	}
	p.to.Fetched(err)
	if err != nil {
		return p.plan.retry(retryAfter(h))
	}
	p.plan.every = pace(p.to.Pace().Every, h, p.o.Every)
	return p.plan.next()
}

func (p *poller) ask(ctx context.Context) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, err
	}
	for k, v := range p.o.Header {
		r.Header[k] = v
	}
	var tags []string
	for _, tag := range [...]string{p.good, p.bad} {
		if tag != "" {
			tags = append(tags, tag)
		}
	}
	if len(tags) > 0 {
		r.Header.Set("If-None-Match", strings.Join(tags, ", "))
	}
	r.Header.Set("Krunk-Policy", p.to.Echo())
	return p.o.Client.Do(r)
}

// take reads and applies a body. The tag is kept only once it was applied or refused as a whole: after half a body the next
// answer must not be 304.
func (p *poller) take(answer *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(answer.Body, sampling.MaxEnvelope+1))
	if err != nil {
		return fmt.Errorf("sampling/httpsource: the body broke off after %d bytes: %w", len(b), err)
	}
	h := answer.Header
	tag := h.Get("ETag")
	if len(tag) > 256 || strings.ContainsAny(tag, "\r\n,") {
		tag = ""
	}
	err = p.to.Apply(b, sampling.At{ServerTime: serverTime(h), Signature: h.Get("Krunk-Signature"), ETag: tag, Source: "http"})
	if err == nil {
		p.good, p.bad = tag, ""
	} else {
		p.bad = tag // the sink keeps the reason
	}
	return nil
}
