package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

func publishCommand() command {
	return command{
		name: "publish", args: "-to URL [-replaces VERSION] [-restart] [-token-file FILE | -token-env NAME] [-signature FILE] FILE", short: "send a policy to a policyserver",
		long: `
Publish checks the policy and PUTs it to a policyserver, with the version that it replaces in ?replaces=: if somebody
else has published in between, the server refuses and nothing changes. The token goes along as "Authorization: Bearer". Without -replaces that is the version before the one in
FILE, which is what kill, debug and rollback were given. FILE may be an envelope.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			to := f.String("to", "", "`address` of the policy, such as https://game.example/policy")
			replaces := f.String("replaces", "", "`version` that it replaces, such as 3.1187; \"none\": there is no policy yet")
			signature := f.String("signature", "", "send the Krunk-Signature header in `FILE`, as sign -header writes it")
			restart := f.Bool("restart", false, "start reporting again that the kill switch has stopped; without it the server refuses that")
			a := accessFlags(f)
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				header, err := readSignature(*signature)
				if err != nil {
					return err
				}
				return publish(s, a, args[0], *to, *replaces, header, *restart)
			}
		},
	}
}

func accessFlags(f *flag.FlagSet) *access {
	var a access
	f.StringVar(&a.tokenEnv, "token-env", "KRUNK_TOKEN", "take the server's token from this environment `variable`")
	f.StringVar(&a.tokenFile, "token-file", "", "take the server's token from this `file`")
	f.DurationVar(&a.timeout, "timeout", 30*time.Second, "how long the server may take")
	return &a
}

func publish(s *streams, a *access, file, to, replaces, signature string, restart bool) error {
	if to == "" {
		return misused("-to is missing; write e.g. -to https://game.example/policy")
	}
	u, err := a.address(to)
	if err != nil {
		return err
	}
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	was, err := replaced(p.Version(), replaces)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("replaces", was.String())
	if restart {
		q.Set("restart", "1")
	}
	u.RawQuery = q.Encode()
	r, err := http.NewRequest(http.MethodPut, u.String(), bytes.NewReader(src.raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if signature != "" {
		r.Header.Set("Krunk-Signature", signature)
	}
	resp, body, err := a.do(r, 1<<20)
	if err != nil {
		return err
	}
	var said reply
	text := said.text(body)
	if err := refusal(resp.StatusCode, was); err != nil {
		return errors.New(strings.TrimSpace(err.Error() + "\n" + text))
	}
	over := ""
	if was.N > 0 {
		over = " over " + was.String()
	}
	_, err = fmt.Fprintln(s.out, strings.TrimSpace("published "+p.Version().String()+over+"\n"+text))
	return err
}

// readSignature reads the value of a header from a file, "" without one.
func readSignature(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(b))
	if _, err := sampling.ParseSignature(text); err != nil {
		return "", fmt.Errorf("%s: not a signature; krunkpolicy sign -header writes one", path)
	}
	return text, nil
}

// replaced returns the version that v replaces, zero for none.
func replaced(v sampling.Version, flag string) (sampling.Version, error) {
	was := sampling.Version{Epoch: v.Epoch, N: v.N - 1}
	switch {
	case flag == "none" || flag == "" && was.N == 0:
		return sampling.Version{}, nil
	case flag == "":
		return was, nil
	}
	was, err := parseVersion(flag, v.Epoch)
	if err == nil && !was.Less(v) {
		err = fmt.Errorf("policy %s cannot replace %s: clients want a higher version", v, was)
	}
	return was, err
}

// refusal puts a status into words, nil if the server took the policy.
func refusal(status int, was sampling.Version) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("the server refuses (%d): check the token in $KRUNK_TOKEN, -token-env or -token-file", status)
	case status == http.StatusPreconditionRequired:
		return fmt.Errorf("nothing was published (%d): all reporting is stopped, and this would start it again; -restart says that you mean it", status)
	case status == http.StatusPreconditionFailed, status == http.StatusConflict:
		if was.N == 0 {
			return fmt.Errorf("the server has a policy already (%d): fetch it, look at krunkpolicy diff, and say which version this one -replaces", status)
		}
		return fmt.Errorf("the server does not run %s (%d): fetch what it runs, look at krunkpolicy diff, and make the next version from that", was, status)
	case status >= 300 && status < 400:
		return fmt.Errorf("the server answers with another address (%d); give that one to -to", status)
	}
	return fmt.Errorf("the server answers %d %s; nothing was published", status, http.StatusText(status))
}
