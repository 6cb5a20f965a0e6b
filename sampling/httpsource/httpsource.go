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
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/sampling"
)

// Options configure a Source; the zero Options poll every five minutes.
type Options struct {
	Client  *http.Client                          // nil: one that uses Proxy; New copies it: whosever it is, no redirect from https to http is followed, and none takes Header to another host
	Proxy   func(*http.Request) (*url.URL, error) // of the client that is made where Client is nil; nil: none, whatever the environment says
	Every   time.Duration                         // interval if neither policy nor Cache-Control says, which a policyserver always does; zero: 5 min; from 30 s to 24 h
	Header  http.Header                           // sent along, such as Authorization; New copies it. In a browser no redirect is followed then, which would take it along
	Timeout time.Duration                         // of one request; zero: 30 s
}

// Source polls a URL. Make it with New.
type Source struct {
	url  string
	o    Options
	hint chan struct{}
	soon atomic.Bool      // the last run ended because the player said no: who starts another one has a yes
	rest func()           // closes connections that it keeps, not those of the game's own client
	wall func() time.Time // tests replace it: no bubble makes wall and monotonic clock differ
}

// New returns a source for an http or https URL. It fails if that is none, or Every or Timeout lies outside of its bounds.
func New(address string, o Options) (*Source, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("sampling/httpsource: %q is not an address; write e.g. https://game.example/policy", address)
	}
	o.Header = canonical(o.Header) // a copy: the caller may go on writing to its own
	if o.Timeout < 0 {
		return nil, fmt.Errorf("sampling/httpsource: Options.Timeout: %s; write a time above 0, or leave it zero for 30s", o.Timeout)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	own := o.Client == nil
	o.Client = client(&o)
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.Every < leastEvery || o.Every > mostEvery {
		return nil, fmt.Errorf("sampling/httpsource: Options.Every: %s; write a time from 30s to 24h", o.Every)
	}
	s := &Source{url: address, o: o, hint: make(chan struct{}, 1), wall: func() time.Time { return time.Now().Round(0) }, rest: func() {}}
	if own {
		s.rest = o.Client.CloseIdleConnections
	}
	return s, nil
}

// canonical spells each name once, however the game writes it, so that what is taken off on the way is the same as what was put on.
func canonical(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out.Add(name, v)
		}
	}
	return out
}

// Hint says that a newer policy is out: the next poll comes within the policy's spread, 60 s if it has none, and not within
// 30 s after one that brought nothing newer, which a cache may have answered. After 429 and 5xx it changes nothing: the server
// wants fewer requests. It may be called with every heartbeat: a hint that waits is not drawn again. It never blocks.
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

	bad      string    // tag of what was refused, so that it is not loaded again
	badUntil time.Time // when it is loaded again all the same; zero: never
	doubted  string    // tag of what was refused once for a reason that may lie on the way
	hinted   bool      // the wait has been cut short by a hint
	barren   time.Time // when a poll last brought nothing newer
	spared   bool      // the server said it has too much to do: hints do not cut the wait short
}

// Run implements sampling.Source. It asks first within 10 s where there is no policy yet, or else within the interval, so that a fleet that starts
// at once is spread; a sampling.Options.Wait of 15 s leaves time for the answer. It returns only when ctx ends. No failure stops it: it keeps asking, at
// the interval for an hour and then ever more rarely, up to once an hour. After a no that was taken back it asks at once.
func (s *Source) Run(ctx context.Context, to sampling.Sink) error {
	p := &poller{Source: s, to: to}
	p.plan.every = pace(to.Pace().Every, nil, s.o.Every)
	wait := p.plan.first(to.Version() == sampling.Version{})
	if s.soon.Swap(false) {
		wait = 0
	}
	defer func() {
		if context.Cause(ctx) == gate.ErrSilent {
			s.soon.Store(true)
			s.rest()
		}
	}()
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
		piece, wall, began, hinted := min(wait, chunk), p.wall(), time.Now(), false
		t := time.NewTimer(piece)
		select {
		case <-ctx.Done():
		case <-p.hint:
			hinted = true
		case <-t.C:
		}
		t.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait -= min(time.Since(began), piece) // no more than the piece where the monotonic clock counts a suspension
		if p.wall().Sub(wall) > piece+chunk {
			wait = min(wait, p.plan.first(false))
		}
		if hinted {
			wait = min(wait, p.hurry(wait))
		}
	}
	return ctx.Err()
}

// hurry returns the wait after a hint.
func (p *poller) hurry(wait time.Duration) time.Duration {
	if p.hinted || p.spared {
		return wait
	}
	p.hinted = true
	spread := p.to.Pace().Spread
	if spread == 0 {
		spread = time.Minute
	}
	if p.barren.IsZero() {
		return p.plan.below(spread)
	}
	return max(leastEvery-time.Since(p.barren), 0) + p.plan.below(spread)
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
	defer p.polled(p.to.Version())
	p.spared = false
	answer, err := p.ask(ctx)
	if err != nil {
		p.fetched(ctx, err)
		return p.plan.retry(0)
	}
	defer answer.Body.Close()
	h := answer.Header
	switch answer.StatusCode {
	case http.StatusOK:
		err = p.take(answer)
	case http.StatusNotModified:
		if p.to.ETag() == "" && p.bad == "" {
			err = errNothing
		}
		p.clock(serverTime(h))
	case http.StatusNoContent: // of a policyserver: there is none yet
	default:
		err = errStatus{answer.StatusCode}
		p.spared = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500
	}
	p.fetched(ctx, err)
	switch {
	case err == nil:
	case p.spared:
		if answer.StatusCode == http.StatusTooManyRequests {
			p.plan.busy()
		}
		return p.plan.retry(retryAfter(h))
	default:
		return p.plan.retry(0) // Retry-After means nothing with these
	}
	p.plan.every = pace(p.to.Pace().Every, h, p.o.Every)
	return p.plan.next()
}

// fetched tells the sink how it went; that the player said no in the middle of it is no failure.
func (p *poller) fetched(ctx context.Context, err error) {
	if context.Cause(ctx) != gate.ErrSilent {
		p.to.Fetched(err)
	}
}

// clock passes on the time of an answer without a document, to a sink that wants it.
func (p *poller) clock(server time.Time) {
	if c, ok := p.to.(interface{ Clock(time.Time) }); ok && !server.IsZero() {
		c.Clock(server)
	}
}

// polled notes whether a poll brought something newer than what ran before it.
func (p *poller) polled(before sampling.Version) {
	p.hinted, p.barren = false, time.Time{}
	if p.to.Version() == before {
		p.barren = time.Now()
	}
}

func (p *poller) ask(ctx context.Context) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, err
	}
	for k, v := range p.o.Header {
		r.Header[k] = v
	}
	stay(r.Header, p.o.Header, system)
	if !p.badUntil.IsZero() && time.Now().After(p.badUntil) {
		p.bad, p.badUntil = "", time.Time{}
	}
	var tags []string
	for _, tag := range [...]string{p.to.ETag(), p.bad} {
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
	p.remember(tag, err) // the sink keeps the reason
	return nil
}

// remember keeps the tag of what was refused. What may have been damaged on the way, cut short without a word or robbed of its
// signature, or is expired by a clock that may be wrong, is loaded once more, and after that once an hour.
func (p *poller) remember(tag string, err error) {
	p.bad, p.badUntil = tag, time.Time{}
	e, malformed := err.(*sampling.Rejection)
	switch {
	case err == nil:
		p.bad, p.doubted = "", ""
	case malformed && e.Code == "E01" || errors.Is(err, sampling.ErrSignature) || errors.Is(err, sampling.ErrExpired):
		if p.doubted != tag {
			p.doubted, p.bad = tag, ""
			return
		}
		p.badUntil = time.Now().Add(time.Hour)
	}
}
