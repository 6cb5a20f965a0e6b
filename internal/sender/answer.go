package sender

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/transport"
)

// outcome is what an answer means for the envelope that it answers.
type outcome uint8

const (
	accepted   outcome = iota
	limited            // over a quota
	final              // nobody will ever take it
	tooLarge           // nobody will take it at that size
	refused            // not now: by a server or proxy in trouble, or because of what is in it
	unanswered         // offline, most likely
	held               // nothing may be sent any more
)

// judge reads an answer.
//
//	2xx                  accepted, unless it is a page of HTML
//	429                  limited
//	413                  tooLarge
//	407, 408, 421, 425   refused: a proxy that wants a password, a slow line, a connection for another host, an early one
//	other 4xx            final
//	all else             refused: 5xx, redirects (a captive portal redirects too), a transport that panicked
func judge(r *transport.Response, err error) outcome {
	switch n := r.Status; {
	case err == errPanicked, err == errExited:
		return refused
	case err != nil:
		return unanswered
	case n >= 200 && n < 300 && !page(r):
		return accepted
	case n == 429:
		return limited
	case n == 413:
		return tooLarge
	case n == 407, n == 408, n == 421, n == 425:
		return refused
	case n >= 400 && n < 500:
		return final
	}
	return refused
}

// page reports whether the answer is one for people.
func page(r *transport.Response) bool {
	const html = "text/html"
	return len(r.ContentType) >= len(html) && ascii.EqualFold(r.ContentType[:len(html)], html)
}

// explain says what an answer means, and what to write where that helps; "" for one that is as it should be.
func explain(r *transport.Response, err error, url string) string {
	if err != nil {
		return err.Error()
	}
	if judge(r, nil) == accepted {
		return r.Note
	}
	text, n := "status "+strconv.Itoa(r.Status), r.Status
	switch {
	case n == 429:
		text += ": the server takes no more for now: look at the quota and the rate limits of the project"
	case n >= 200 && n < 300:
		text += " with a page of HTML, which is no answer of a server: log in to the network, or compare the host in Config.DSN"
	case n >= 300 && n < 400:
		text += redirect(url, r.Location)
	case n == 401 || n == 403:
		text += ": the server refuses the key: write the DSN that it shows for the project into Config.DSN"
	case n == 404:
		text += ": the server has no such project or path: compare both in Config.DSN with what it shows"
	case n == 407:
		text += ": a proxy asks for a user and a password: give them to the transport"
	case n == 413:
		text += ": too large for the server, or for a proxy before it; what follows is built smaller"
	}
	if r.Note != "" {
		text += "; " + r.Note
	}
	return text
}

// redirect says where a redirect leads to. It leaves out all but scheme and host, since the rest may hold a key.
func redirect(url, location string) string {
	const elsewhere = ": the server sends elsewhere: compare Config.DSN with what it shows"
	at := ascii.Index(location, "://")
	if at < 0 {
		return elsewhere
	}
	scheme := location[:at]
	host, _, _ := ascii.Cut(location[at+len("://"):], '/')
	host, _, _ = ascii.Cut(host, '?')
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	switch {
	case host == "" || len(location) > 2000:
		return elsewhere
	case scheme == "https" && strings.HasPrefix(url, "http://"):
		return ": the server sends to https://" + host + "/…; write https in Config.DSN"
	}
	return ": the server sends to " + scheme + "://" + host + "/…: write that in Config.DSN, or log in to the network if it is a page for that"
}
