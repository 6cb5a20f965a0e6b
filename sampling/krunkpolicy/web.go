package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/krunk-go/krunk/sampling/policy"
)

// access is how a server is spoken to.
type access struct {
	tokenEnv, tokenFile string
	timeout             time.Duration
}

// token returns the secret for a server, "" for none. It is never taken from the command line, which other users can see.
func (a *access) token() (string, error) {
	text := os.Getenv(a.tokenEnv)
	if a.tokenFile != "" {
		b, err := os.ReadFile(a.tokenFile)
		if err != nil {
			return "", err
		}
		if text = strings.TrimSpace(string(b)); text == "" {
			return "", fmt.Errorf("%s: is empty, not a token", a.tokenFile)
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token has blanks or characters that fit into no header")
	}
	return text, nil
}

// address checks a URL. A token goes over plain http to this machine only.
func (a *access) address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, misused("%q is not an address; write e.g. https://game.example/policy", text)
	}
	if u.User != nil {
		return nil, misused("an address with a password shows it to everybody on this machine; use -token-file")
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// do sends a request and reads at most limit bytes of the answer. It follows no redirect, which could carry the token away.
func (a *access) do(r *http.Request, limit int64) (*http.Response, []byte, error) {
	token, err := a.token()
	if err != nil {
		return nil, nil, err
	}
	if token != "" {
		if r.URL.Scheme != "https" && !loopback(r.URL.Hostname()) {
			return nil, nil, fmt.Errorf("%s would send the token in the clear; use https", r.URL)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: a.timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return resp, body, err
}

// printable is what a server says, safe for a terminal.
func printable(b []byte) string {
	clean := strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, string(b))
	return strings.TrimSpace(clean)
}

// reply is what a policyserver answers, good or bad.
type reply struct {
	Version  string    `json:"version"`
	Replaces string    `json:"replaces"`
	Document string    `json:"document"` // of a draft
	Unstored string    `json:"unstored"` // why a kill switch is served from memory alone
	Warnings []finding `json:"warnings"`
	Effect   struct {
		Text string `json:"text"`
	} `json:"effect"`
	Error    string    `json:"error"`
	Problems []finding `json:"problems"`
	Current  string    `json:"current"` // version, after a conflict
	By       string    `json:"by"`      // who published it
}

// text is a reply in words. What is not from a policyserver is shown as it is.
func (r *reply) text(body []byte) string {
	if json.Unmarshal(body, r) != nil || r.Error == "" && r.Version == "" {
		return printable(body[:min(len(body), 1000)])
	}
	lines := []string{r.Error, r.Effect.Text}
	if r.Current != "" {
		lines = append(lines, fmt.Sprintf("it runs %s, published by %s", r.Current, r.By))
	}
	for _, p := range r.Problems {
		lines = append(lines, line("(on the server)", "error", policy.Problem(p)))
	}
	for _, w := range r.Warnings {
		lines = append(lines, line("(on the server)", "warning", policy.Problem(w)))
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	return printable([]byte(strings.Join(lines, "\n")))
}
