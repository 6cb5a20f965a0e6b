package signed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// key makes a key from a name, the same one each time.
func key(id string) Key {
	seed := sha256.Sum256([]byte(id))
	return Key{id, ed25519.NewKeyFromSeed(seed[:])}
}

func public(ids ...string) Keys {
	keys := make(Keys)
	for _, id := range ids {
		keys[id] = key(id).Private.Public().(ed25519.PublicKey)
	}
	return keys
}

func document(version string) []byte {
	return []byte(`{"krunk":1,"version":` + version + `,"issued":"2026-10-10T12:00:00Z","expires":"2099-10-24T12:00:00Z"}`)
}

func sign(t testing.TB, doc []byte, by ...Signer) []sampling.Signature {
	t.Helper()
	sigs, err := Sign(doc, by...)
	if err != nil {
		t.Fatal(err)
	}
	return sigs
}

func controller(t testing.TB, o sampling.Options, ids ...string) *sampling.Controller {
	t.Helper()
	v, err := New(public(ids...))
	if err != nil {
		t.Fatal(err)
	}
	o.Verifier = sampling.Require(v)
	c, err := sampling.New(sampling.Identity{ID: "a"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestApplySigned(t *testing.T) {
	doc := document("1")
	good := sign(t, doc, key("ops"))
	other := ed25519.Sign(key("ops").Private, append([]byte("krunk-policy-v2\n"), doc...))
	bare := ed25519.Sign(key("ops").Private, doc)
	for _, row := range []struct {
		name   string
		doc    []byte
		header string
		ok     bool
	}{
		{"header", doc, Header(good), true},
		{"second of two signatures", doc, Header(sign(t, doc, key("gone"), key("ops"))), true},
		{"unsigned", doc, "", false},
		{"wrong key", doc, Header(sign(t, doc, key("evil"))), false},
		{"wrong key under a known id", doc, Header([]sampling.Signature{{Kid: "ops", Sig: sign(t, doc, key("evil"))[0].Sig}}), false},
		{"other document", document("2"), Header(good), false},
		{"one byte more", append(bytes.Clone(doc), ' '), Header(good), false},
		{"wrong domain", doc, Header([]sampling.Signature{{Kid: "ops", Sig: other}}), false},
		{"no domain", doc, Header([]sampling.Signature{{Kid: "ops", Sig: bare}}), false},
		{"short signature", doc, Header([]sampling.Signature{{Kid: "ops", Sig: good[0].Sig[:63]}}), false},
		{"not base64", doc, "kid=ops; sig=***", false},
		{"empty header value", doc, "kid=; sig=", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := controller(t, sampling.Options{}, "ops", "spare")
			err := c.Apply(row.doc, sampling.At{Signature: row.header})
			if row.ok != (err == nil) || !row.ok && !errors.Is(err, sampling.ErrSignature) || row.ok != (c.Version().N == 1) {
				t.Errorf("got %v, runs %v", err, c.Version())
			}
			if !row.ok && !strings.HasSuffix(c.Echo(), "err=signature") {
				t.Errorf("echo %q", c.Echo())
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	doc := document("1")
	b, err := Envelope(doc, sign(t, doc, key("ops")))
	if err != nil {
		t.Fatal(err)
	}
	c := controller(t, sampling.Options{}, "ops")
	if err := c.Apply(b); err != nil || c.Version().N != 1 {
		t.Errorf("got %v, runs %v", err, c.Version())
	}
	unsigned, err := sampling.New(sampling.Identity{}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer unsigned.Close()
	if err := unsigned.Apply(b); err != nil {
		t.Errorf("a client without keys: %v", err)
	}
	b[20] ^= 1
	if err := controller(t, sampling.Options{}, "ops").Apply(b); !errors.Is(err, sampling.ErrSignature) {
		t.Errorf("changed: got %v", err)
	}
}

func TestRotationResetsTheFloor(t *testing.T) {
	c := controller(t, sampling.Options{}, "old", "new")
	apply := func(version, kid string) error {
		doc := document(version)
		return c.Apply(doc, sampling.At{Signature: Header(sign(t, doc, key(kid)))})
	}
	for _, step := range []struct {
		version, kid string
		want         error
	}{
		{"9007199254740991", "old", nil}, // fast-forward by whoever took the old key
		{"5", "old", sampling.ErrStale},
		{"5", "new", nil},
		{"4", "new", sampling.ErrStale},
		{"6", "new", nil},
	} {
		if err := apply(step.version, step.kid); !errors.Is(err, step.want) {
			t.Errorf("%s by %s: got %v, want %v", step.version, step.kid, err, step.want)
		}
	}
}

type memory struct{ b []byte }

func (m *memory) Load() ([]byte, error) { return m.b, nil }
func (m *memory) Save(b []byte) error   { m.b = bytes.Clone(b); return nil }

func TestStoredPolicyIsVerifiedAgain(t *testing.T) {
	m := &memory{}
	a := controller(t, sampling.Options{Storage: sampling.Keep(m)}, "ops")
	doc := document("3")
	if err := a.Apply(doc, sampling.At{Signature: Header(sign(t, doc, key("ops")))}); err != nil {
		t.Fatal(err)
	}
	a.Close()
	kept := bytes.Clone(m.b)
	if b := controller(t, sampling.Options{Storage: sampling.Keep(&memory{kept})}, "ops"); b.Version().N != 3 {
		t.Errorf("same keys: runs %v", b.Version())
	}
	if b := controller(t, sampling.Options{Storage: sampling.Keep(&memory{kept})}, "next"); b.Version().N != 0 {
		t.Errorf("the key is gone, and %v runs", b.Version())
	}
}

func TestSignRefuses(t *testing.T) {
	for _, row := range []struct {
		doc  string
		by   []Signer
		want string
	}{
		{`{"krunk":1,"version":1}`, []Signer{key("a")}, `sampling/signed: a signed policy needs "expires"; write e.g. two weeks after "issued"`},
		{`{"krunk":1,"version":0}`, []Signer{key("a")}, "E03 version: 0 is not allowed"},
		{string(document("1")), nil, "sampling/signed: no signer given"},
		{string(document("1")), []Signer{Key{ID: "a b"}}, `sampling/signed: key id "a b"; write 1 to 64`},
		{string(document("1")), []Signer{Key{ID: "a"}}, `sampling/signed: private key "a" has 0 bytes, not 64`},
	} {
		if _, err := Sign([]byte(row.doc), row.by...); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
	for _, keys := range []Keys{nil, {"a": nil}, {"": key("x").Private.Public().(ed25519.PublicKey)}} {
		if _, err := New(keys); err == nil {
			t.Errorf("New(%v) accepts", keys)
		}
	}
}

func TestHashID(t *testing.T) {
	// printf '2026-w41:player-1' | sha256sum
	const want = "sha256:"
	got := HashID("2026-w41", "player-1")
	h := sha256.Sum256([]byte("2026-w41:player-1"))
	if len(got) != len(want)+16 || !strings.HasPrefix(got, want) || got[7:9] != string("0123456789abcdef"[h[0]>>4])+string("0123456789abcdef"[h[0]&15]) {
		t.Errorf("got %s", got)
	}
	p, _, err := policy.ParseStrict([]byte(`{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z","clients":1,"salt":"2026-w41","rules":[{"id":"a","until":"2026-10-11T12:00:00Z","when":{"player":["` + got + `"]},"set":{"clients":100}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := policy.Explain(p, sampling.Identity{ID: "i", Player: "player-1"}, "net", policy.Under{Hash: SHA256, Now: p.Issued()})
	if err != nil || !d.Forced || !d.In {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestVerifyDoesNotAllocateMuch(t *testing.T) {
	v, err := New(public("ops"))
	if err != nil {
		t.Fatal(err)
	}
	doc := document("1")
	sigs := sign(t, doc, key("ops"))
	if n := testing.AllocsPerRun(200, func() { // so many that what another goroutine allocates meanwhile does not count
		if _, err := v.Verify(doc, sigs); err != nil {
			t.Fatal(err)
		}
	}); n > 3 {
		t.Errorf("got %v allocations, want at most 3: message, names, hash", n)
	}
}

func FuzzVerify(f *testing.F) {
	doc := document("1")
	good := sign(f, doc, key("ops"))
	f.Add(doc, Header(good))
	f.Add(doc, "")
	f.Add([]byte("{}"), "kid=ops; sig=AAAA")
	if b, err := Envelope(doc, good); err == nil {
		f.Add(b, "")
	}
	v, err := New(public("ops"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, header string) {
		c, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Verifier: sampling.Require(v)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Apply(b, sampling.At{Signature: header}); err == nil && c.Version().N != 1 {
			t.Fatalf("a document that nobody signed runs: %v", c.Version())
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v, err := New(public("ops"))
	if err != nil {
		b.Fatal(err)
	}
	doc := document("1")
	sigs := sign(b, doc, key("ops"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(doc, sigs); err != nil {
			b.Fatal(err)
		}
	}
}
