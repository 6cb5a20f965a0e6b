package main

import (
	"os"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
)

// bad calls, with the code and a part of what they say.
var bad = []struct {
	name string
	args string // separated by blanks
	code int
	want string
}{
	{"nothing", "", exitUsage, "usage: krunkpolicy COMMAND"},
	{"unknown command", "lnit base.json", exitUsage, `"lnit" is not a command; krunkpolicy help lists them`},
	{"help of unknown command", "help lnit", exitUsage, `"lnit" is not a command`},
	{"unknown flag", "lint -fast base.json", exitUsage, "flag provided but not defined: -fast"},
	{"lint without file", "lint", exitUsage, "no file given"},
	{"lint of a directory", "lint .", exitLost, ""},
	{"lint without inventory", "lint -channels @none base.json", exitLost, "open none: "},
	{"lint against a bad previous", "lint -previous bad.json base.json", exitNo, "bad.json:4:14: error E05"},
	{"diff of one", "diff base.json", exitUsage, "got 1 arguments, want OLD and NEW"},
	{"diff of bad", "diff base.json bad.json", exitNo, "bad.json:4:14: error E05"},
	{"diff of the same", "diff -clients 10 base.json base.json", exitNo, ""},
	{"no clients", "simulate -clients 0 base.json", exitUsage, "-clients 0; write 1 to 10000000"},
	{"too many clients", "diff -clients 10000001 base.json next.json", exitUsage, "write 1 to 10000000"},
	{"clients in words", "simulate -clients many base.json", exitUsage, `invalid value "many" for flag -clients`},
	{"match size", "simulate -match-size -1 base.json", exitUsage, "-match-size -1; write 0 or more"},
	{"rate without number", "simulate -rate net base.json", exitUsage, `-rate "net"; write CHANNEL=N`},
	{"rate not a number", "simulate -rate net=NaN base.json", exitUsage, `-rate "net=NaN"; write CHANNEL=N`},
	{"rate below zero", "simulate -rate net=-1 base.json", exitUsage, "write CHANNEL=N"},
	{"rate of a level", "simulate -rate net:loud=1 base.json", exitUsage, `"loud" is not a level; use trace, debug`},
	{"mix without value", "simulate -mix release base.json", exitUsage, "write e.g. release=1.41.0:70,1.42.0:30"},
	{"mix of unknown key", "simulate -mix relase=1 base.json", exitUsage, "use release, platform, arch, region, env, build or tags.NAME"},
	{"mix of bad weight", "simulate -mix release=1:-3 base.json", exitUsage, `weight "-3"; write a number above 0`},
	{"mix of many", "simulate -mix release=" + strings.Repeat("1,", 300) + "1 base.json", exitUsage, "more than 256 kinds of clients"},
	{"price", "simulate -price-gb -1 base.json", exitUsage, "must be numbers from 0"},
	{"simulate of two", "simulate base.json next.json", exitUsage, "got 2 arguments, want one FILE"},
	{"explain without channel", "explain base.json", exitUsage, "-channel is missing; write e.g. -channel net.http"},
	{"explain with a tag", "explain -channel net -tag x base.json", exitUsage, `-tag "x"; write name=value`},
	{"explain at a time", "explain -channel net -now tomorrow base.json", exitUsage, `"tomorrow" is not a time; write e.g. 2026-10-10T14:00:00Z`},
	{"explain of nothing", "explain -channel net none.json", exitLost, "open none.json"},
	{"debug of nobody", "debug base.json", exitUsage, "give either -player or -client"},
	{"debug of two", "debug -player a -client b base.json", exitUsage, "give either -player or -client"},
	{"debug for ever", "debug -player a -for 169h base.json", exitUsage, "-for 169h0m0s; write a time from 1s to 168h (7 days)"},
	{"debug for no time", "debug -player a -for 0s base.json", exitUsage, "write a time from 1s"},
	{"debug at a level", "debug -player a -level off base.json", exitUsage, `-level "off"; write trace, debug`},
	{"debug at a rate", "debug -player a -rate 2persec base.json", exitUsage, `-rate "2persec"; write e.g. 600/m`},
	{"debug on no channel", "debug -player a -channel net.* base.json", exitNo, `"*" is only allowed alone`},
	{"debug with a known id", "debug " + now + " -player a -id debug-player base.json", exitNo, `"debug-player" is already used by rules[1]`},
	{"debug of killed", "debug -player a killed.json", exitNo, "the kill switch is thrown, so nobody reports"},
	{"kill of what has no version", "kill headless.json", exitNo, `error E03: "version" is missing`},
	{"kill into nowhere", "kill -o no/such/dir base.json", exitLost, "no such file or directory"},
	{"rollback from nowhere", "rollback 1187", exitUsage, "-from is missing"},
	{"rollback from no directory", "rollback -from none 1187", exitLost, "open none"},
	{"rollback to unknown", "rollback -from . 3.1", exitNo, "holds no policy 3.1; the newest is 3.1189"},
	{"rollback to words", "rollback -from . latest", exitUsage, `"latest" is not a version; write e.g. 3.1187`},
	{"rollback to newest", "rollback -from . 3.1189", exitNo, "3.1189 is the newest version already"},
	{"rollback from empty", "rollback -from empty 1", exitNo, "empty: holds no policy"},
	{"rollback from a file address", "rollback -from ftp://x/y 1", exitUsage, "is not an address; write e.g. https://game.example/policy"},
	{"keygen without name", "keygen", exitUsage, "-out is missing; write e.g. -out ops-2026"},
	{"keygen with argument", "keygen ops", exitUsage, "got 1 arguments, want none"},
	{"keygen over a key", "keygen -out ops", exitNo, "ops.pub exists and is not overwritten"},
	{"sign without key", "sign base.json", exitUsage, "-key and -kid are needed"},
	{"sign with a public key", "sign -key ops.pub -kid a base.json", exitNo, "ops.pub: holds a PUBLIC KEY, not a PRIVATE KEY"},
	{"sign with no key", "sign -key base.json -kid a base.json", exitNo, "base.json: not a PEM file; krunkpolicy keygen makes one"},
	{"sign with a bad id", "sign -key ops.key -kid a;b base.json", exitNo, `key id "a;b"; write 1 to 64 characters`},
	{"sign of bad", "sign -key ops.key -kid a bad.json", exitNo, "bad.json:4:14: error E05"},
	{"sign of a broken envelope", "sign -key ops.key -kid a broken.json", exitNo, "broken.json: an envelope that is malformed"},
	{"verify without key", "verify base.json", exitUsage, "-key is missing; write e.g. -key ops-2026=ops-2026.pub"},
	{"verify without id", "verify -key ops.pub base.json", exitNo, `known keys: ["ops"]`},
	{"verify with a private key", "verify -key a=ops.key base.json", exitNo, "holds a PRIVATE KEY, not a PUBLIC KEY"},
	{"verify of unsigned", "verify -key a=ops.pub base.json", exitNo, `the document is unsigned, known keys: ["a"]`},
	{"verify with a bad header", "verify -key a=ops.pub -header nonsense base.json", exitNo, `write "kid=ops-2026; sig=<base64>"`},
	{"publish to nowhere", "publish base.json", exitUsage, "-to is missing"},
	{"publish to no address", "publish -to game.example/policy base.json", exitUsage, "is not an address"},
	{"publish with a password", "publish -to https://a:b@game.example/policy base.json", exitUsage, "use -token-file"},
	{"publish of bad", "publish -to http://127.0.0.1:1/policy bad.json", exitNo, "bad.json:4:14: error E05"},
	{"publish over newer", "publish -to http://127.0.0.1:1/policy -replaces 1187 base.json", exitNo, "policy 3.1187 cannot replace 3.1187: clients want a higher version"},
	{"publish over words", "publish -to http://127.0.0.1:1/policy -replaces newest base.json", exitUsage, `"newest" is not a version`},
	{"publish with no token file", "publish -to http://127.0.0.1:1/policy -token-file none base.json", exitLost, "open none"},
	{"publish with an empty token file", "publish -to http://127.0.0.1:1/policy -token-file blank base.json", exitNo, "blank: is empty, not a token"},
	{"publish with no signature", "publish -to http://127.0.0.1:1/policy -signature secret base.json", exitNo, "secret: not a signature; krunkpolicy sign -header writes one"},
	{"rollback over the unreadable", "rollback -from torn 1187", exitNo, "version 3.1190 is there and not to be read"},
	{"publish in the clear", "publish -to http://game.invalid/policy -token-file secret base.json", exitNo, "would send the token in the clear; use https"},
	{"lint of too much", "lint large.json", exitNo, ""},
	{"lint of nothing", "lint empty.json", exitNo, ""},
	{"kill of nothing", "kill empty.json", exitNo, "empty.json: is empty; did the command that was to write it fail?"},
	{"explain no channel", "explain -channel net..x base.json", exitUsage, `-channel "net..x"; write names`},
	{"explain the hash of no player", "explain -channel net -player sha256:zz base.json", exitUsage, `-player "sha256:zz" is the hash of no id; write sha256: and 16 of 0-9 and a-f, or the id itself`},
	{"debug of the hash of no client", "debug -client sha256:0123456789ABCDEF base.json", exitUsage, `-client "sha256:0123456789ABCDEF" is the hash of no id`},
	{"pull of the hash of no player", "pull -player p-17 -player sha256:zz base.json", exitUsage, `-player "sha256:zz" is the hash of no id`},
	{"pull of the hash of no match", "pull -match sha256:zz base.json", exitUsage, `-match "sha256:zz" is the hash of no id`},
	{"pull of nobody", "pull -player= base.json", exitUsage, `-player "" names nobody; write an id as the game gives it to krunk`},
	{"rate of no channel", "simulate -rate net..x=1 base.json", exitUsage, `-rate "net..x=1": "net..x" is not a channel; write letters, digits`},
	{"inventory with no channel", "lint -channels net,net.* base.json", exitUsage, `-channels: "net.*" is not a channel; write letters, digits`},
	{"kill at no server", "kill -to http://127.0.0.1:1/policy", exitLost, "connection refused"},
	{"kill at a server and of a file", "kill -to http://127.0.0.1:1/policy base.json", exitUsage, "want none beside -to"},
	{"kill of too much", "kill large.json", exitNo, "larger than 98304 bytes"},
}

func TestBadInput(t *testing.T) {
	workplace(t)
	for name, text := range map[string]string{
		"killed.json": `{"krunk":1,"epoch":3,"version":1189,"enabled":false}`, "blank": " \n", "empty.json": " \n", "secret": "s3cret\n",
		"broken.json": `{"payload":"%%%","sigs":[]}`, "large.json": strings.Repeat(" ", sampling.MaxEnvelope+1),
		"headless.json": `{"krunk":1,"clients":5}`, "last.json": `{"krunk":1,"version":9007199254740991}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("empty", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("torn", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("torn/3.1190.json", []byte(`{"krunk":1,`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KRUNK_TOKEN", "")
	for _, b := range bad {
		t.Run(b.name, func(t *testing.T) {
			r := call("", strings.Fields(b.args)...)
			if r.code != b.code || !strings.Contains(r.err, b.want) {
				t.Errorf("got %s, want exit %d and %q", r, b.code, b.want)
			}
			if usage := strings.Contains(r.err, "usage: krunkpolicy "); r.code == exitUsage && !usage && !strings.Contains(r.err, "is not a command") {
				t.Error("a wrong call is not shown the usage")
			}
			if b.want != "" && r.out != "" {
				t.Errorf("wrote %q to standard output", r.out)
			}
		})
	}
}
