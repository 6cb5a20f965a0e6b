package protocol

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

// DSN is a parsed data source name: {scheme}://{public_key}[:{secret_key}]@{host}[:{port}][{path}]/{project_id}.
type DSN struct {
	_         [0]func() // no code to compare it
	Scheme    string
	PublicKey string
	SecretKey string // legacy; passed on, never needed
	Host      string // with its port, unless that is the scheme's own
	Path      string // "" or what comes before the project, with a leading slash
	ProjectID string
}

const dsnForm = `; write e.g. "https://key@sentry.example/42"`

// ParseDSN parses s. Errors name the part that is wrong, quote it unless it may be a key out of its place, and say what to
// write.
func ParseDSN(s string) (DSN, error) {
	for i, r := range s {
		if r >= 0x7f || !isURLByte(byte(r)) {
			return DSN{}, wrong("there is a character " + character(r) + ", which no DSN has, at byte " + strconv.Itoa(i) + dsnForm)
		}
	}
	at := ascii.Index(s, "://")
	if at < 0 {
		return DSN{}, wrong("there is no scheme" + dsnForm)
	}
	scheme, rest := ascii.Lower(s[:at]), s[at+len("://"):]
	if scheme != "http" && scheme != "https" {
		return DSN{}, wrong("the scheme" + shown(scheme, "abcdefghijklmnopqrstuvwxyz") + " is neither http nor https" + dsnForm)
	}
	authority, path, _ := ascii.Cut(rest, '/')
	keys, host, ok := cutLast(authority, '@')
	d := DSN{Scheme: scheme}
	d.PublicKey, d.SecretKey, _ = ascii.Cut(keys, ':')
	if !ok || d.PublicKey == "" {
		return DSN{}, wrong("there is no public key before @" + dsnForm)
	}
	for i := range len(keys) {
		if strings.IndexByte(",=@[]", keys[i]) >= 0 {
			return DSN{}, wrong("there is a character " + text.Quote(keys[i:i+1]) + " in the keys" + dsnForm)
		}
	}
	var err error
	if d.Host, err = checkHost(scheme, host); err != nil {
		return DSN{}, err
	}
	if d.Path, d.ProjectID, err = checkPath(path); err != nil {
		return DSN{}, err
	}
	return d, nil
}

// isURLByte reports whether c, which is ASCII, may stand in a URL before its query: everything else is a slip of the pasting
// hand, and a line break would forge a header.
func isURLByte(c byte) bool {
	return c > ' ' && strings.IndexByte("\"<>\\^`{|}?#", c) < 0
}

// shown returns s, quoted, for an error text, or nothing if s holds a character that is not in set or is longer than any
// scheme or port: a slip can put a key anywhere.
func shown(s, set string) string {
	if len(s) > 12 || ascii.Trim(s, set) != "" {
		return ""
	}
	return " " + text.Quote(s)
}

//go:noinline
func cutLast(s string, c byte) (before, after string, ok bool) {
	if i := strings.LastIndexByte(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return "", s, false
}

// checkHost checks name and port and leaves the scheme's own port out.
func checkHost(scheme, host string) (string, error) {
	name, port := host, ""
	if before, after, ok := cutLast(host, ':'); ok && !strings.HasSuffix(host, "]") {
		n, ok := digits(after)
		if !ok || n < 1 || n > 65535 {
			return "", wrong("the port" + shown(after, "0123456789+-") + " is not a number from 1 to 65535" + dsnForm)
		}
		name = before
		if scheme == "https" && n != 443 || scheme == "http" && n != 80 {
			port = ":" + strconv.FormatInt(n, 10)
		}
	}
	if name == "" {
		return "", wrong("there is no host after @" + dsnForm)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	ip := len(inner) == len(name)-2 && strings.IndexByte(inner, ':') >= 0
	if !ip {
		inner = name
	}
	for i := range len(inner) {
		if c := inner[i]; !isWord(c) && c != '.' && c != '-' && !(ip && c == ':') {
			return "", wrong("the host is neither a name nor an address; IPv6 stands in brackets" + dsnForm)
		}
	}
	return name + port, nil
}

// checkPath takes the project from the end of what follows the host.
func checkPath(path string) (prefix, project string, err error) {
	path = ascii.TrimRight(path, "/")
	prefix, project, ok := cutLast(path, '/')
	if ok {
		prefix = "/" + prefix
	}
	if project == "" {
		return "", "", wrong("there is no project id after the host" + dsnForm)
	}
	for i := range len(project) {
		if !isWord(project[i]) && project[i] != '-' {
			return "", "", wrong("the project id" + shown(project, ".%~0123456789") + " is not a number" + dsnForm)
		}
	}
	return prefix, project, nil
}

// EnvelopeURL returns where envelopes are posted to. The slash at its end is needed.
func (d DSN) EnvelopeURL() string {
	return d.Scheme + "://" + d.Host + d.Path + "/api/" + d.ProjectID + "/envelope/"
}

// String returns the DSN without its secret key.
func (d DSN) String() string {
	return d.Scheme + "://" + d.PublicKey + "@" + d.Host + d.Path + "/" + d.ProjectID
}

// Auth returns the value of the X-Sentry-Auth header. Servers test its first word by case.
func (d DSN) Auth(client string) string {
	auth := "Sentry sentry_version=7, sentry_client=" + client + ", sentry_key=" + d.PublicKey
	if d.SecretKey != "" {
		auth += ", sentry_secret=" + d.SecretKey
	}
	return auth
}
