package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/krunk-go/krunk/sampling"
)

func rollbackCommand() command {
	return command{
		name: "rollback", args: "-from URL|DIR [-restart] [-note WHY] [-o FILE] VERSION", short: "make a new version with the content of an old one",
		long: `
Rollback takes the content of VERSION, such as 3.1187 or 1187, and writes it under the version after the newest, because
clients never go back. DIR holds policies as files, such as policyserver's directory; a policyserver at URL is
asked for a draft, which needs the token that publish needs. Rules that are over by now are taken out. If the newest version
is killed the new one is too, unless -restart says that clients report again. The signature is not taken along: sign anew.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			from := f.String("from", "", "`directory` of policies, or address of a policyserver")
			restart := f.Bool("restart", false, "start reporting again that the kill switch has stopped")
			a := accessFlags(f)
			r := revisionFlags(f, "rollback", "")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one VERSION"); err != nil {
					return err
				}
				return rollback(s, r, a, *from, args[0], *restart)
			}
		},
	}
}

// kept is one version as it was found.
type kept struct {
	policy *sampling.Policy
	doc    []byte
}

func rollback(s *streams, r *revision, a *access, from, version string, restart bool) error {
	if from == "" {
		return misused("-from is missing; write a directory or an address")
	}
	find := func() (*kept, *kept, error) { return findFile(s, from, version) }
	if strings.Contains(from, "://") {
		u, err := a.address(from)
		if err != nil {
			return err
		}
		find = func() (*kept, *kept, error) { return findURL(a, u, version) }
	}
	newest, old, err := find()
	if err != nil {
		return err
	}
	if old.policy.Version() == newest.policy.Version() {
		return fmt.Errorf("%s is the newest version already", newest.policy.Version())
	}
	if *r.note == "" {
		to, _ := parseVersion(version, newest.policy.Version().Epoch) // find has read it
		*r.note = fmt.Sprintf("rollback of %s to %s", newest.policy.Version(), to)
	}
	d := textOf(old.doc)
	if err := r.revise(s, d, old.policy, following(newest.policy.Version())); err != nil {
		return err
	}
	switch killed := !newest.policy.Enabled(); {
	case killed && restart:
		err = d.Set("enabled", "true", "version")
	case killed:
		fmt.Fprintln(s.err, "all reporting stays stopped; -restart starts it again")
		err = d.Set("enabled", "false", "version")
	}
	if err != nil {
		return err
	}
	return r.finish(s, d, newest.policy, "-")
}

// findFile returns the newest version of a directory and the wanted one.
func findFile(s *streams, dir, version string) (newest, old *kept, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	all := make(map[sampling.Version]*kept)
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		k, err := readKept(s, filepath.Join(dir, e.Name()))
		if name, ok := strings.CutSuffix(e.Name(), ".json"); err != nil && ok {
			if v, ok := sampling.ParseVersion(name); ok {
				return nil, nil, fmt.Errorf("version %s is there and not to be read, so the next version is not certain: %w", v, err)
			}
		}
		if err != nil {
			continue // something else that lies there
		}
		v := k.policy.Version()
		all[v] = k
		if newest == nil || newest.policy.Version().Less(v) {
			newest = k
		}
	}
	if newest == nil {
		return nil, nil, fmt.Errorf("%s: holds no policy", dir)
	}
	v, err := parseVersion(version, newest.policy.Version().Epoch)
	if err != nil {
		return nil, nil, err
	}
	if old = all[v]; old == nil {
		return nil, nil, fmt.Errorf("%s: holds no policy %s; the newest is %s", dir, v, newest.policy.Version())
	}
	return newest, old, nil
}

func readKept(s *streams, path string) (*kept, error) {
	src, err := s.read(path)
	if err != nil {
		return nil, err
	}
	p, err := sampling.Parse(src.doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &kept{p, src.doc}, nil
}

// findURL asks a server for the current version and the wanted one.
func findURL(a *access, u *url.URL, version string) (newest, old *kept, err error) {
	if newest, err = a.get(u.String()); err != nil {
		return nil, nil, err
	}
	v, err := parseVersion(version, newest.policy.Version().Epoch)
	if err != nil {
		return nil, nil, err
	}
	if !v.Less(newest.policy.Version()) {
		return nil, nil, fmt.Errorf("the server runs %s, so %s is not an older version", newest.policy.Version(), v)
	}
	old, err = a.draft(u, v)
	if err == nil && old.policy.Version() != following(newest.policy.Version()) {
		err = fmt.Errorf("the server runs another version than %s by now; try again", newest.policy.Version())
	}
	return newest, old, err
}

// draft asks a server for the content of an old version. It is the content under a new number.
func (a *access) draft(u *url.URL, v sampling.Version) (*kept, error) {
	at := u.JoinPath("draft").String()
	r, err := http.NewRequest(http.MethodPost, at, strings.NewReader(`{"rollback":`+quote(v.String())+`}`))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, body, err := a.do(r, 1<<20)
	if err != nil {
		return nil, err
	}
	var said reply
	text := said.text(body)
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return nil, refusal(resp.StatusCode, v)
	case resp.StatusCode != http.StatusOK:
		return nil, errors.New(strings.TrimSpace(fmt.Sprintf("%s: the server answers %d %s", at, resp.StatusCode, text)))
	case said.Document == "":
		return nil, fmt.Errorf("%s: the server answers without a document, so it is no policyserver", at)
	}
	p, err := sampling.Parse([]byte(said.Document))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return &kept{p, []byte(said.Document)}, nil
}

// get fetches one policy.
func (a *access) get(address string) (*kept, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, body, err := a.do(r, sampling.MaxEnvelope+1)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(fmt.Sprintf("%s: the server answers %d %s", address, resp.StatusCode, printable(body[:min(len(body), 1000)]))))
	}
	src, err := open(address, body)
	if err != nil {
		return nil, err
	}
	p, err := sampling.Parse(src.doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return &kept{p, src.doc}, nil
}
