package protocol

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func dsn(scheme, public, secret, host, path, project string) DSN {
	return DSN{Scheme: scheme, PublicKey: public, SecretKey: secret, Host: host, Path: path, ProjectID: project}
}

func TestParseDSN(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	tests := []struct {
		name, dsn string
		want      DSN
		url       string
	}{
		{"hosted", "https://" + key + "@o42.ingest.de.sentry.io/7", dsn("https", key, "", "o42.ingest.de.sentry.io", "", "7"), "https://o42.ingest.de.sentry.io/api/7/envelope/"},
		{"port and prefix", "https://" + key + "@crash.example.test:8443/tel/42", dsn("https", key, "", "crash.example.test:8443", "/tel", "42"), "https://crash.example.test:8443/tel/api/42/envelope/"},
		{"two segments", "http://k@h/a/b/1", dsn("http", "k", "", "h", "/a/b", "1"), "http://h/a/b/api/1/envelope/"},
		{"secret", "http://k:s3cret@h/1", dsn("http", "k", "s3cret", "h", "", "1"), "http://h/api/1/envelope/"},
		{"empty secret", "http://k:@h/1", dsn("http", "k", "", "h", "", "1"), "http://h/api/1/envelope/"},
		{"slashes at the end", "http://k@h/1//", dsn("http", "k", "", "h", "", "1"), "http://h/api/1/envelope/"},
		{"own port of https", "https://k@h:443/1", dsn("https", "k", "", "h", "", "1"), "https://h/api/1/envelope/"},
		{"own port of http", "http://k@h:80/1", dsn("http", "k", "", "h", "", "1"), "http://h/api/1/envelope/"},
		{"the other's port", "http://k@h:443/1", dsn("http", "k", "", "h:443", "", "1"), "http://h:443/api/1/envelope/"},
		{"upper case", "HTTPS://k@H.Test/1", dsn("https", "k", "", "H.Test", "", "1"), "https://H.Test/api/1/envelope/"},
		{"IPv6", "http://k@[::1]:9000/1", dsn("http", "k", "", "[::1]:9000", "", "1"), "http://[::1]:9000/api/1/envelope/"},
		{"IPv6 without port", "http://k@[fe80::1]/1", dsn("http", "k", "", "[fe80::1]", "", "1"), "http://[fe80::1]/api/1/envelope/"},
		{"IPv4", "http://k@127.0.0.1:8000/1", dsn("http", "k", "", "127.0.0.1:8000", "", "1"), "http://127.0.0.1:8000/api/1/envelope/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseDSN(tt.dsn)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %#v, %v, want %#v", got, err, tt.want)
			}
			if got.EnvelopeURL() != tt.url {
				t.Errorf("got %s, want %s", got.EnvelopeURL(), tt.url)
			}
			if s := got.String(); tt.want.SecretKey != "" && strings.Contains(s, tt.want.SecretKey) {
				t.Errorf("%s shows the secret", s)
			}
		})
	}
}

func TestParseDSNErrors(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	tests := []struct{ name, dsn, want string }{
		{"empty", "", "no scheme"},
		{"no scheme", key + "@sentry.example/42", "no scheme"},
		{"other scheme", "ftp://" + key + "@h/1", `the scheme "ftp"`},
		{"key as scheme", key + "://h/1", "the scheme is neither"},
		{"short key as scheme", "s3cr3t://h/1", "the scheme is neither"},
		{"DSN as scheme", "k:s3cr3t@h://h/1", "the scheme is neither"},
		{"keys and host swapped", "https://h@" + key + ":s3cr3t/1", "the port is not"},
		{"keys and host swapped, port", "https://h@" + key + ":s3cr3t:80/1", "the host is neither"},
		{"keys in the path", "https://k@h/s3cr3t@x", "the project id is not"},
		{"secret and port", "https://" + key + ":s3cr3t@h:0/1", `the port "0"`},
		{"secret and no host", "https://" + key + ":s3cr3t@/1", "no host"},
		{"slash in secret", "https://" + key + ":s3cr3t/x@h/1", "no public key"},
		{"colon in secret", "https://" + key + ":s3cr3t:x,@h/1", `"," in the keys`},
		{"no key", "https://sentry.example/42", "no public key"},
		{"empty key", "https://@sentry.example/42", "no public key"},
		{"secret alone", "https://:" + key + "@sentry.example/42", "no public key"},
		{"comma in key", "https://" + key + ",x=1@h/1", `"," in the keys`},
		{"two at signs", "https://" + key + "@a@h/1", `"@" in the keys`},
		{"no host", "https://" + key + "@/1", "no host"},
		{"port alone", "https://" + key + "@:80/1", "no host"},
		{"port zero", "https://" + key + "@h:0/1", `the port "0"`},
		{"port too large", "https://" + key + "@h:65536/1", `the port "65536"`},
		{"port with sign", "https://" + key + "@h:+80/1", `the port "+80"`},
		{"empty port", "https://" + key + "@h:/1", `the port ""`},
		{"IPv6 without brackets", "https://" + key + "@fe80::1/1", "the host is neither"},
		{"brackets around a name", "https://" + key + "@[h]/1", "the host is neither"},
		{"percent in host", "https://" + key + "@h%0a/1", "the host is neither"},
		{"no project", "https://" + key + "@sentry.example", "no project id"},
		{"no project, slash", "https://" + key + "@sentry.example/", "no project id"},
		{"project with dots", "https://" + key + "@h/a/..", `the project id ".."`},
		{"query", "https://" + key + "@h/1?a=b", `"?"`},
		{"fragment", "https://" + key + "@h/1#a", `"#"`},
		{"space", " https://" + key + "@h/1", `" ", which no DSN has, at byte 0`},
		{"line feed", "https://" + key + "@h/1\n", `"\n"`},
		{"quotes", `"https://` + key + `@h/1"`, `"\""`},
		{"not ASCII", "https://" + key + "@hé/1", `"é"`},
		{"invalid UTF-8", "https://" + key + "@h\xff/1", `"�"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseDSN(tt.dsn)
			if err == nil || !reflect.DeepEqual(got, DSN{}) {
				t.Fatalf("got %#v, %v", got, err)
			}
			if text := err.Error(); !strings.Contains(text, tt.want) || !strings.Contains(text, "write e.g.") || strings.Contains(text, key[:6]) || strings.Contains(text, "s3cr3t") {
				t.Errorf("got %q, want %q in it and no key", text, tt.want)
			}
		})
	}
}

func TestDSNAuth(t *testing.T) {
	d := DSN{PublicKey: "k"}
	if got, want := d.Auth("krunk.go/0.3.0"), "Sentry sentry_version=7, sentry_client=krunk.go/0.3.0, sentry_key=k"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d.SecretKey = "s"
	if got, want := d.Auth("c"), "Sentry sentry_version=7, sentry_client=c, sentry_key=k, sentry_secret=s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What parses is written so that it parses to the same again and net/http would take its URL; what does not never shows a key.
func FuzzParseDSN(f *testing.F) {
	for _, s := range []string{
		"https://key@sentry.example/42", "http://k:s@[::1]:9000/a/b/1/", "https://@h/1", "HTTP://a%20b@h:080/x", "https://k@h/a//1", "://", "https://k@h:443/0",
		"https://0123456789abcdef0123456789abcdef:fedcba9876543210@h?/1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDSN(s)
		const secret = "s3cr3t"
		for _, with := range []string{strings.ReplaceAll(s, "@", secret+"@"), strings.Replace(s, "://", "://"+secret, 1)} {
			if _, err := ParseDSN(with); err != nil && with != s && strings.Contains(err.Error(), secret) {
				t.Fatalf("%q: %v shows the secret", with, err)
			}
		}
		if err != nil {
			return
		}
		u, err := url.Parse(d.EnvelopeURL())
		if err != nil && !strings.Contains(s, "%") && !strings.Contains(d.Host, "[") {
			t.Fatalf("%q: %v", s, err)
		}
		if err == nil && (u.Scheme != d.Scheme || u.Host != d.Host || u.RawQuery != "" || !strings.HasSuffix(u.Path, "/api/"+d.ProjectID+"/envelope/")) {
			t.Fatalf("%q: got %s", s, u)
		}
		d.SecretKey = ""
		if again, err := ParseDSN(d.String()); err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("%q: got %#v, %v, want %#v", s, again, err, d)
		}
	})
}
