package policyserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// Dir is a Store in a directory: "3.1187.json" is a version as published, byte for byte, and "3.1187.meta" says who
// published it, when and over what. Both are small text files, fit for git; a version without .meta, or with one that is torn,
// counts as well.
// Several processes on one machine may share a directory where the system has file locks (unix, windows).
type Dir struct {
	// Keep is how many versions stay; zero: 100; negative: all.
	Keep int
	path string
	mu   sync.Mutex // held while publishing
}

// watchEvery is how often Watch lists the directory.
const watchEvery = 2 * time.Second

// NewDir returns a store in a directory, which it makes if it is missing.
func NewDir(path string) (*Dir, error) {
	if path == "" {
		return nil, errors.New("policyserver: the directory of the store is empty; write a path, or use Memory")
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("policyserver: directory of the store: %w", err)
	}
	return &Dir{path: path}, nil
}

// meta is what a .meta file holds.
type meta struct {
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Replaced  string    `json:"replaced,omitempty"`
	Signature string    `json:"signature,omitempty"`
	Audit     string    `json:"audit,omitempty"`
}

func (d *Dir) file(v sampling.Version, ending string) string {
	return filepath.Join(d.path, v.String()+ending)
}

// versions lists what is there, the newest first. Names that are not a version are not ours.
func (d *Dir) versions() ([]sampling.Version, error) {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("policyserver: directory of the store: %w", err)
	}
	var out []sampling.Version
	for _, f := range list {
		name, isJSON := strings.CutSuffix(f.Name(), ".json")
		if v, ok := sampling.ParseVersion(name); ok && isJSON && v.String() == name && !f.IsDir() {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b sampling.Version) int {
		if b.Less(a) {
			return -1
		}
		return 1
	})
	return out, nil
}

func (d *Dir) read(v sampling.Version) (Entry, error) {
	b, err := readFile(d.file(v, ".json"), sampling.MaxEnvelope)
	if err != nil {
		return Entry{}, fmt.Errorf("policyserver: version %s: %w", v, err)
	}
	e := Entry{Version: v, Bytes: b}
	var m meta
	text, err := readFile(d.file(v, ".meta"), sampling.MaxEnvelope)
	if err != nil || json.Unmarshal(text, &m) != nil {
		return e, nil // who published it is not worth a policy that cannot be served
	}
	e.By, e.At, e.Signature, e.Audit = m.By, m.At, m.Signature, m.Audit
	e.Replaced, _ = sampling.ParseVersion(m.Replaced)
	return e, nil
}

// readFile reads a file of at most n bytes. A pipe or a device is none, and holds nobody.
func readFile(name string, n int) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b, err := readAtMost(f, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// Current implements Store. If the newest version cannot be read its number comes with the error.
func (d *Dir) Current(context.Context) (Entry, error) {
	list, err := d.versions()
	if err != nil {
		return Entry{}, err
	}
	if len(list) == 0 {
		return Entry{}, ErrEmpty
	}
	e, err := d.read(list[0])
	e.Version = list[0]
	return e, err
}

// History implements Store. A version that cannot be read is left out.
func (d *Dir) History(_ context.Context, n int) ([]Entry, error) {
	list, err := d.versions()
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, v := range list {
		if len(out) >= n {
			break
		}
		if e, err := d.read(v); err == nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// Publish implements Store. The version is on disk when it returns: temporary file, fsync, rename, fsync of the directory.
func (d *Dir) Publish(ctx context.Context, e Entry, replaces sampling.Version) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	unlock, err := lockFile(ctx, filepath.Join(d.path, ".lock"))
	if err != nil {
		return fmt.Errorf("policyserver: lock of the store: %w", err)
	}
	defer unlock()
	list, err := d.versions()
	if err != nil {
		return err
	}
	var now sampling.Version
	if len(list) > 0 {
		now = list[0]
	}
	if err := follows(e.Version, replaces, now); err != nil {
		return err
	}
	text, err := json.MarshalIndent(meta{By: e.By, At: e.At, Replaced: e.Replaced.String(), Signature: e.Signature, Audit: e.Audit}, "", "  ")
	if err != nil {
		return fmt.Errorf("policyserver: version %s: %w", e.Version, err)
	}
	// The document comes last: with its name the version is out, and without it a .meta means nothing.
	if err := d.write(d.file(e.Version, ".meta"), append(text, '\n')); err != nil {
		return err
	}
	if err := d.write(d.file(e.Version, ".json"), e.Bytes); err != nil {
		return err
	}
	d.prune(list)
	return nil
}

func (d *Dir) write(name string, b []byte) error {
	f, err := os.CreateTemp(d.path, ".new-*")
	if err != nil {
		return fmt.Errorf("policyserver: %w", err)
	}
	defer os.Remove(f.Name()) // gone already once it was renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("policyserver: %w", err)
	}
	syncDir(d.path)
	return nil
}

// syncDir makes a rename durable where a directory can be synced; elsewhere the file system does it by itself.
func syncDir(path string) {
	if f, err := os.Open(path); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// prune takes away the oldest of list, which one version was just put on top of.
func (d *Dir) prune(list []sampling.Version) {
	n := d.Keep
	if n == 0 {
		n = keep
	}
	if n < 0 || len(list) < n {
		return
	}
	for _, v := range list[n-1:] {
		_ = os.Remove(d.file(v, ".json"))
		_ = os.Remove(d.file(v, ".meta"))
	}
}

// Watch implements Store by listing the directory every two seconds.
func (d *Dir) Watch(ctx context.Context) (<-chan sampling.Version, error) {
	w := make(chan sampling.Version, 1)
	seen, err := d.versions()
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(w)
		t := time.NewTicker(watchEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			now, err := d.versions()
			if err == nil && len(now) > 0 && (len(seen) == 0 || seen[0] != now[0]) {
				hint(w, now[0])
				seen = now
			}
		}
	}()
	return w, nil
}
