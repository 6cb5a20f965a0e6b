package policy

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// doc wraps members into a policy that is valid by itself.
func doc(members string) string {
	s := `{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z"`
	if members != "" {
		s += "," + members
	}
	return s + "}"
}

func rules(list string) string { return doc(`"rules":[` + list + `]`) }

func many(n int, f func(i int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = f(i)
	}
	return strings.Join(parts, ",")
}

// client says what a client does with a row.
const (
	reject = "reject"
	accept = "accept"
	never_ = "the rule never matches"
)

type row struct {
	code, doc string
	want      string // path: what; write
	client    string
}

var table = []row{
	{"E01", doc(`"channels":{"net":{},"net":{}}`), `offset 76: duplicate key "net" in channels; write it once`, reject},
	{"E01", doc(`"channels":{"net":{},"NET":{}}`), `offset 76: duplicate key "NET" in channels; write it once`, reject},
	{"E01", doc(`"poll":{"every":"5m","every":"5m"}`), `offset 76: duplicate key "every" in poll; write it once`, reject},
	{"E01", `{"krunk":1,"version":1`, `offset 22: not valid JSON; expected "," or "}"`, reject},
	{"E01", doc("") + "{}", `offset 55: something follows the document; write one JSON object and nothing after it`, reject},
	{"E01", `[]`, `[] is not an object; write an object`, reject},
	{"E01", doc(`"note":"` + "\xff" + `"`), `offset 63: not UTF-8; save the file as UTF-8`, reject},
	{"E01", doc(`"enabled":` + strings.Repeat("[", 20) + strings.Repeat("]", 20)), `offset 81: nested deeper than 16; a policy needs six levels`, reject},
	{"E01", doc(`"note":"` + strings.Repeat("x", sampling.MaxDocument) + `"`), `larger than 64 KiB; a policy is read by every client: shorten its lists`, reject},
	{"E01", doc(`"enabled":"false"`), `enabled: "false" is not true or false; write true or false`, reject},
	{"E01", doc(`"clients":01`), `offset 65: not valid JSON; expected a number`, reject},
	{"E02", `{"krunk":2,"version":1}`, `krunk: format 2 is newer than this krunk understands (1); keeping the current policy; update this tool or write 1`, reject},
	{"E03", `{"krunk":1,"version":0}`, `version: 0 is not allowed; start at 1 and raise it with every change, to 9007199254740991 at most`, reject},
	{"E03", `{"krunk":1,"version":9007199254740992}`, `version: 9007199254740992 is not allowed; start at 1 and raise it with every change, to 9007199254740991 at most`, reject},
	{"E03", `{"krunk":1,"version":1,"epoch":-1}`, `epoch: -1 is not allowed; write a whole number from 0 to 2147483647`, reject},
	{"E03", `{"krunk":1}`, `"version" is missing; write "version": 1`, reject},
	{"E04", doc(`"expires":"tomorrow"`), `expires: "tomorrow" is not a time; write e.g. 2026-10-10T14:00:00Z`, reject},
	{"E04", doc(`"expires":"2026-10-10T12:00:00"`), `expires: "2026-10-10T12:00:00" is not a time; write e.g. 2026-10-10T14:00:00Z`, reject},
	{"E04", doc(`"expires":"2026-10-10T11:00:00Z"`), `expires: is not after "issued"; write a later time`, reject},
	{"E04", rules(`{"id":"a","until":"2026-02-30T00:00:00Z","when":{"env":["x"]},"set":{"clients":1}}`), `rules[0].until: "2026-02-30T00:00:00Z" is not a time; write e.g. 2026-10-10T14:00:00Z`, reject},
	{"E04", rules(`{"id":"a","until":"2026-10-10T12:00:00Z","when":{"env":["x"]},"set":{"clients":1}}`), `rules[0].until: is not after "issued", so the rule would never apply; write a later time or take the rule out`, reject},
	{"E05", doc(`"clients":0.00001`), `clients: 0.00001 is finer than 0.0001 % (1 client in a million); write at most 4 decimals`, reject},
	{"E05", doc(`"clients":150`), `clients: 150 is not a percentage; write a number from 0 to 100`, reject},
	{"E05", doc(`"clients":-1`), `clients: -1 is not a percentage; write a number from 0 to 100`, reject},
	{"E05", doc(`"panics":"10"`), `panics: "10" is not a percentage; write a number from 0 to 100`, reject},
	{"E06", doc(`"channels":{"net":{"send":"warning"}}`), `channels["net"].send: "warning" is not a level; use trace, debug, info, warn, error, fatal or off`, reject},
	{"E06", doc(`"channels":{"net":{"trail":"info","send":"debug"}}`), `channels["net"]: send "debug" is below trail "info"; write levels in the order trail <= send <= issue, or off`, reject},
	{"E06", doc(`"channels":{"*":{"issue":"warn"},"net":{"send":"error"}}`), `channels["net"]: issue "warn" is below send "error"; write levels in the order trail <= send <= issue, or off`, reject},
	{"E07", doc(`"channels":{"net.*.http":{}}`), `channels["net.*.http"]: "*" is only allowed alone; "net" already covers net and everything below it`, reject},
	{"E07", doc(`"channels":{"net..http":{}}`), `channels["net..http"]: "net..http" is not a channel; write letters, digits, _ and -, with dots between parts, at most 64 bytes`, reject},
	{"E08", doc(`"channels":{"net":{"rate":"2 per sec"}}`), `channels["net"].rate: "2 per sec"; write 2/s`, reject},
	{"E08", doc(`"channels":{"net":{"rate":"0/s"}}`), `channels["net"].rate: "0/s" is not a rate; write e.g. 120/m: a whole number from 1, then /s, /m or /h`, reject},
	{"E08", doc(`"channels":{"net":{"burst":5}}`), `channels["net"].burst: needs a "rate" beside it; write e.g. "rate": "120/m"`, reject},
	{"E08", doc(`"channels":{"net":{"rate":"1/s","burst":0}}`), `channels["net"].burst: 0 is not a burst; write a whole number from 1`, reject},
	{"E08", doc(`"channels":{"net":{"first":1.5}}`), `channels["net"].first: 1.5 is not a count; write a whole number from 0 to 1000`, reject},
	{"E08", doc(`"poll":{"every":"5 minutes"}`), `poll.every: "5 minutes" is not a duration; write e.g. 5m: a whole number, then s, m or h, at most a day`, reject},
	{"E09", doc(`"channels":{"net":{"by":"session"}}`), `channels["net"].by: "session" is not an id; use client, player or match`, reject},
	{"E10", doc(`"salt":"a:b"`), `salt: "a:b" contains ':' which separates salt and id in the hash; write e.g. 2026-w41`, reject},
	{"E10", doc(`"salt":"ä"`), `salt: "ä" is not a salt; write at most 64 letters, digits, '.', '_' and '-'`, reject},
	{"E11", rules(`{"id":"a","when":{"env":["x"]}},{"id":"a","when":{"env":["y"]}}`), `rules[1].id: "a" is already used by rules[0]; write another one`, reject},
	{"E11", rules(`{"when":{"env":["x"]}}`), `rules[0].id: is missing; write a short name, which reports and diffs use`, reject},
	{"E12", rules(`{"id":"a","when":{"relase":["1"]}}`), `rules[0].when.relase: unknown condition; did you mean "release"?`, never_},
	{"E12", rules(`{"id":"a","when":{"weather":["rain"]}}`), `rules[0].when.weather: unknown condition; use client, player, match, release, platform, arch, region, env, build, tags.<name>, from or not`, never_},
	{"E12", rules(`{"id":"a","when":{}}`), `rules[0].when: a rule needs a condition; write e.g. "when": {"release": ["1.42.0"]}; what holds for everybody stands outside of rules`, never_},
	{"E12", rules(`{"id":"a","when":{"env":[]}}`), `rules[0].when.env: a list of 0; write 1 to 1000 strings`, never_},
	{"E12", rules(`{"id":"a","when":{"env":[` + many(1001, func(i int) string { return `"x` + strconv.Itoa(i) + `"` }) + `]}}`), `rules[0].when.env: a list of 1001; write 1 to 1000 strings`, never_},
	{"E12", rules(`{"id":"a","when":{"env":"x"}}`), `rules[0].when.env: "x" is not a list; write a list of strings, e.g. ["windows"]`, never_},
	{"E12", rules(`{"id":"a","when":{"env":[1]}}`), `rules[0].when.env[0]: 1 is not a string; write a list of strings, e.g. ["windows"]`, never_},
	{"E13", rules(`{"id":"a","when":{"release":[">=1.42 <"]}}`), `rules[0].when.release[0]: ">=1.42 <" is not a version range; write e.g. ">=1.42 <1.43", with <, <=, >, >= or =`, never_},
	{"E14", doc(`"channels":{"*":{"send":"error"}},"rules":[{"id":"a","when":{"player":["x"]},"set":{"channels":{"*":{"send":"debug"}}}}]`), `rules[0]: lowers "*" to debug for 1 player and never ends; add "until" (at most 7 days)`, accept},
	{"E14", doc(`"clients":10,"rules":[{"id":"a","until":"2026-10-19T12:00:00Z","when":{"env":["x"]},"set":{"clients":100}}]`), `rules[0].until: raises clients from 10 to 100 for 9 days after "issued"; write at most 7 days`, accept},
	{"E14", doc(`"channels":{"net":{"records":5}},"rules":[{"id":"a","when":{"env":["x"]},"set":{"channels":{"net.http":{"records":50}}}}]`), `rules[0]: raises records of "net.http" to 50 for everybody it matches and never ends; add "until" (at most 7 days)`, accept},
	{"E14", doc(`"channels":{"net":{"rate":"5/m"}},"rules":[{"id":"a","when":{"match":["x","y"]},"set":{"channels":{"net":{"rate":"1/s"}}}}]`), `rules[0]: raises rate of "net" to 1/s for 2 matches and never ends; add "until" (at most 7 days)`, accept},
	{"E15", doc(`"channels":{"net":{"sample":5}}`), `channels["net"].sample: unknown field; did you mean "records"?`, accept},
	{"E15", doc(`"channels":{"net":{"level":"info"}}`), `channels["net"].level: unknown field; did you mean "send"?`, accept},
	{"E15", doc(`"cleints":5`), `cleints: unknown field; did you mean "clients"?`, accept},
	{"E15", doc(`"ceiling":{"panics":5}`), `ceiling.panics: unknown field; use clients, records, rate, burst, trail, send, issue`, accept},
	{"E15", rules(`{"id":"a","when":{"env":["x"]},"expires":"2026-10-11T12:00:00Z"}`), `rules[0].expires: unknown field; did you mean "until"?`, accept},
	{"E16", doc(`"channels":{` + many(257, func(i int) string { return `"c` + strconv.Itoa(i) + `":{}` }) + `}`), `channels: 257 channels are too many; at most 256`, reject},
	{"E16", rules(many(129, func(i int) string {
		return `{"id":"r` + strconv.Itoa(i) + `","when":{"env":["x` + strconv.Itoa(i) + `"]}}`
	})), `rules: 129 rules are too many; at most 128`, reject},
	{"E17", doc(`"hash":"fnv"`), `hash: "fnv"; this krunk knows m3/1`, reject},
	{"E18", doc(`"panics":0`), `panics: 0 hides crashes; say why in "note"`, accept},
	{"E04", rules(`{"id":"a","until":"2026-10-11T12:00:00Z","when":{"from":"2026-10-11T12:00:00Z"},"set":{"clients":1}}`), `rules[0].when.from: is not before "until", so the rule would never start; write an earlier time or take the rule out`, reject},
	{"E04", rules(`{"id":"a","when":{"from":"noon"},"set":{"clients":1}}`), `rules[0].when.from: "noon" is not a time; write e.g. 2026-10-10T14:00:00Z`, reject},
	{"E12", rules(`{"id":"a","when":{"env":["x"],"not":{"from":"2026-10-11T12:00:00Z"}}}`), `rules[0].when.not.from: unknown condition; use client, player, match, release, platform, arch, region, env, build or tags.<name>`, never_},
	{"E14", doc(`"clients":10,"rules":[{"id":"a","until":"2026-10-29T12:00:00Z","when":{"from":"2026-10-20T12:00:00Z"},"set":{"clients":100}}]`), `rules[0].until: raises clients from 10 to 100 for 9 days after "from"; write at most 7 days`, accept},
	{"E14", doc(`"clients":10,"rules":[{"id":"a","when":{"env":["x"]},"set":{"clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":50}]}}]`), `rules[0]: raises clients from 10 to 50 for everybody it matches and never ends; add "until" (at most 7 days)`, accept},
	{"E15", doc(`"clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":5,"percent":5}]`), `ramp[0].percent: unknown field; did you mean "clients"?`, accept},
	{"E19", doc(`"ramp":[{"at":"2026-10-20T12:00:00Z","clients":5}]`), `ramp: has no "clients" beside it to start from; write e.g. "clients": 1`, reject},
	{"E19", doc(`"clients":1,"ramp":[{"clients":5}]`), `ramp[0]: a step needs "at" and "clients"; write e.g. {"at": "2026-10-10T14:00:00Z", "clients": 25}`, reject},
	{"E19", doc(`"clients":1,"ramp":[]`), `ramp: 0 steps; write 1 to 64`, reject},
	{"E19", doc(`"clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":25},{"at":"2026-10-21T12:00:00Z","clients":5}]`), `ramp[1].clients: 5 is not above 25, which holds before it; write a larger share: a ramp only adds, and to go down takes a new version`, reject},
	{"E19", doc(`"channels":{"net":{"clients":50,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":50}]}}`), `channels["net"].ramp[0].clients: 50 is not above 50, which holds before it; write a larger share: a ramp only adds, and to go down takes a new version`, reject},
	{"E19", doc(`"clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":5},{"at":"2026-10-20T12:00:00Z","clients":25}]`), `ramp[1].at: is not after the step before it, so the two overlap; write the steps in the order of their times`, reject},
	{"E19", doc(`"expires":"2026-10-20T12:00:00Z","clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":5}]`), `ramp[0].at: is not before "expires", so the step would never start; write an earlier time, or a later "expires"`, accept},
	{"E19", rules(`{"id":"a","until":"2026-10-15T12:00:00Z","when":{"env":["x"]},"set":{"channels":{"net":{"clients":1,"ramp":[{"at":"2026-10-20T12:00:00Z","clients":5}]}}}}`), `rules[0].set.channels["net"].ramp[0].at: is not before the rule's "until", so the step would never start; write an earlier time, or take the step out`, accept},
	{"E19", rules(`{"id":"a","until":"2026-10-15T12:00:00Z","when":{"from":"2026-10-12T12:00:00Z"},"set":{"clients":1,"ramp":[{"at":"2026-10-12T12:00:00Z","clients":5}]}}`), `rules[0].set.ramp[0].at: is not after the rule's "from", so what stands before it would never hold; write a later time, or begin with the larger share`, accept},
	{"E19", doc(`"expires":"2026-10-20T12:00:00Z","rules":[{"id":"a","when":{"from":"2026-10-21T12:00:00Z"},"set":{"clients":1}}]`), `rules[0].when.from: is not before "expires", so the rule would never start; write an earlier time, or a later "expires"`, accept},
	{"E19", doc(`"clients":1,"ramp":[{"at":"2099-10-20T12:00:00Z","clients":5}]`), `ramp[0].at: 26673 days after "issued", so it would as good as never start; write an earlier time, within a year`, accept},
	{"E19", rules(`{"id":"a","when":{"from":"2099-10-21T12:00:00Z"},"set":{"clients":1}}`), `rules[0].when.from: 26674 days after "issued", so it would as good as never start; write an earlier time, within a year`, accept},
	{"E20", doc(`"kinds":{"*":{"until":"2026-10-20T12:00:00Z","mute":true}}`), `kinds["*"]: that would be every issue; name one kind, as the tag krunk.kind of its events has it; all reporting is stopped by "enabled": false`, reject},
	{"E20", doc(`"kinds":{"9F2C41D0":{"until":"2026-10-20T12:00:00Z","mute":true}}`), `kinds["9F2C41D0"]: "9F2C41D0" is not a kind; write the tag krunk.kind of an event of it: eight of 0-9 and a-f`, reject},
	{"E20", doc(`"kinds":{"9f2c41d0":{"mute":true}}`), `kinds["9f2c41d0"]: has no "until"; add the time at which it ends, at most 30 days after "issued"`, reject},
	{"E20", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","mute":true,"rate":"5/h"}}`), `kinds["9f2c41d0"]: does nothing, or two things; write "mute": true, a "rate" such as "5/h", or "clients", the share that sends all of it`, reject},
	{"E20", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","mute":false}}`), `kinds["9f2c41d0"]: does nothing, or two things; write "mute": true, a "rate" such as "5/h", or "clients", the share that sends all of it`, reject},
	{"E20", doc(`"kinds":{"9f2c41d0":{"until":"2026-11-20T12:00:00Z","mute":true}}`), `kinds["9f2c41d0"].until: 41 days after "issued"; write at most 30 days`, accept},
	{"E08", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","rate":"5 per hour"}}`), `kinds["9f2c41d0"].rate: "5 per hour"; write 5/h`, reject},
	{"E04", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-09T12:00:00Z","rate":"5/h"}}`), `kinds["9f2c41d0"].until: is not after "issued", so the rule would never apply; write a later time or take the rule out`, reject},
	{"E15", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","rate":"5/h","silence":true}}`), `kinds["9f2c41d0"].silence: unknown field; did you mean "mute"?`, accept},
	{"E20", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":25,"mute":true}}`), `kinds["9f2c41d0"]: "clients" is 0, or "mute" stands beside it; write a share above 0 that sends all of the kind, with or without a "rate", or "mute": true alone`, reject},
	{"E20", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":0,"rate":"5/h"}}`), `kinds["9f2c41d0"]: "clients" is 0, or "mute" stands beside it; write a share above 0 that sends all of the kind, with or without a "rate", or "mute": true alone`, reject},
	{"E20", doc(`"clients":10,"note":"x","kinds":{"9f2c41d0":{"clients":0.5,"rate":"5/h"}}`), `kinds["9f2c41d0"]: has no "until"; add the time at which it ends, at most 30 days after "issued"`, reject},
	{"E20", doc(`"clients":10,"kinds":{"9f2c41d0":{"until":"2026-11-20T12:00:00Z","clients":25}}`), `kinds["9f2c41d0"].until: 41 days after "issued"; write at most 30 days`, accept},
	{"E05", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":125,"rate":"5/h"}}`), `kinds["9f2c41d0"].clients: 125 is not a percentage; write a number from 0 to 100`, reject},
	{"E15", doc(`"clients":10,"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":25,"share":25}}`), `kinds["9f2c41d0"].share: unknown field; did you mean "clients"?`, accept},
	{"W04", doc(`"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":100}}`), `kinds["9f2c41d0"].clients: 100 without a "rate": a fault of everybody fills the quota; add e.g. "rate": "20/h", or write a smaller share`, accept},
	{"W04", doc(`"clients":50,"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":25}}`), `kinds["9f2c41d0"].clients: 25 is below clients, 50: who is between the two sends none of this kind; write 50 or more if that is not meant`, accept},
	{"E16", doc(`"kinds":{` + many(65, func(i int) string { return fmt.Sprintf(`"%08x":{"until":"2026-10-20T12:00:00Z","mute":true}`, i) }) + `}`), `kinds: 65 kinds are too many; at most 64`, reject},
	{"E21", doc(`"pulls":{"":{"until":"2026-10-12T12:00:00Z","match":["m"]}}`), `pulls[""]: "" is not an id; write a name of 1 to 64 bytes, such as a ticket's; who has sent under it does not send again`, accept},
	{"E21", doc(`"pulls":{"a":{"match":["m"]}}`), `pulls["a"]: has no "until"; add the time up to which clients may be asked, at most 7 days after "issued"`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z"}}`), `pulls["a"]: does not say whose flight log it wants; write one of "player", "client" and "match"`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","player":["anna"]}}`), `pulls["a"].player: "anna" can be read by everybody; write sha256: and 16 digits, as krunkpolicy pull does`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","player":["sha256:0123456789abcdef","sha256:zz"]}}`), `pulls["a"].player: "sha256:zz" is the hash of no id; write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug and pull do`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","client":["sha256:0123456789ABCDEF"]}}`), `pulls["a"].client: "sha256:0123456789ABCDEF" is the hash of no id; write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug and pull do`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","match":["sha256:0123456789abcdef0"]}}`), `pulls["a"].match: "sha256:0123456789abcdef0" is the hash of no id; write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug and pull do`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","match":[""]}}`), `pulls["a"].match: "" is nobody's id; take it out`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","match":["m","n"]}}`), `pulls["a"].match: 2 matches; write one`, accept},
	{"E12", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","player":[` + many(1001, func(i int) string { return fmt.Sprintf(`"sha256:%016x"`, i) }) + `]}}`), `pulls["a"].player: a list of 1001; write 1 to 1000 strings`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","player":[` + many(33, func(i int) string { return fmt.Sprintf(`"sha256:%016x"`, i) }) + `]}}`), `pulls["a"].player: 33 players; write at most 32: a flight log is for a few; more clients report more by a rule`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-12T12:00:00Z","match":["m"],"bytes":10}}`), `pulls["a"].bytes: 10 is not a number of bytes for a flight log; write a whole number from 1024 to 1048576`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-19T12:00:00Z","match":["m"]}}`), `pulls["a"].until: 9 days after "issued"; write at most 7 days`, accept},
	{"E21", doc(`"pulls":{"a":{"until":"2026-10-09T12:00:00Z","match":["m"]}}`), `pulls["a"].until: is not after "issued"; write a later time or take the pull out`, accept},
	{"E16", doc(`"pulls":{` + many(17, func(i int) string { return fmt.Sprintf(`"%d":{"until":"2026-10-12T12:00:00Z","match":["m"]}`, i) }) + `}`), `pulls: 17 pulls are too many; at most 16`, accept},
	{"E05", doc(`"clients":0.05`), `clients: 0.05 — did you mean 5 (percent)?; values are percentages, not fractions; a "note" silences this`, accept},
	{"W01", doc(`"clients":10,"channels":{"net":{"clients":50}}`), `channels["net"].clients: 50 has no effect, clients is 10`, accept},
	{"W01", doc(`"poll":{"every":"2s"}`), `poll.every: 2s has no effect, clients ask every 30 s at most; write 30s or more; a heartbeat of the game's brings policies faster`, accept},
	{"W01", rules(`{"id":"a","when":{"env":["x"]},"set":{}}`), `rules[0].set: sets nothing; write what is to be different, or take the rule out`, accept},
	{"W01", rules(`{"id":"a","when":{"player":["sha256:ABCD"]},"set":{"clients":1}}`), `rules[0].when.player: "sha256:ABCD" is the hash of no id; write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug and pull do`, accept},
	{"W01", rules(`{"id":"a","when":{"env":["x"],"not":{"match":[""]}},"set":{"clients":1}}`), `rules[0].when.match: "" is nobody's id; take it out`, accept},
	{"W02", rules(`{"id":"a","when":{"env":["x"]},"set":{"clients":1}},{"id":"b","when":{"env":["x"]},"set":{"clients":2}}`), `rules[0]: has no effect: rules[1] has the same "when" and sets the same; take one of them out`, accept},
}

func TestValidationTable(t *testing.T) {
	for _, row := range table {
		t.Run(row.code+" "+plan.Cut(row.want), func(t *testing.T) {
			p, warnings, err := ParseStrict([]byte(row.doc))
			var found []Problem
			var errs *Errors
			if errors.As(err, &errs) {
				found = errs.List
			}
			for _, w := range warnings {
				found = append(found, w.Problem)
			}
			if !slices.ContainsFunc(found, func(p Problem) bool { return p.Code == row.code && p.String() == row.want }) {
				t.Errorf("got %q, want %s %s", found, row.code, row.want)
			}
			if len(found) != 1 {
				t.Errorf("got %d findings, want 1: %q", len(found), found)
			}
			if (p == nil) != (err != nil) {
				t.Errorf("got policy %v and error %v", p, err)
			}
			row.lenient(t)
		})
	}
}

// lenient holds what a client does with the same document.
func (r row) lenient(t *testing.T) {
	p, err := sampling.Parse([]byte(r.doc))
	var rejected *sampling.Rejection
	switch r.client {
	case reject:
		if errors.As(err, &rejected) && rejected.Code == r.code {
			return
		}
		if errors.Is(err, sampling.ErrTooLarge) && r.code == "E01" || errors.Is(err, sampling.ErrUnsupported) && r.code == "E02" {
			return
		}
		t.Errorf("client: got %v, want a rejection for %s", err, r.code)
	case never_:
		if err != nil || len(p.Document().Rules) != 1 || !p.Document().Rules[0].Dead || p.Document().Partial != r.code {
			t.Errorf("client: got %v, want a rule that matches nobody for %s", err, r.code)
		}
	case accept:
		if err != nil || p.Document().Partial != "" {
			t.Errorf("client: got %v, want it accepted", err)
		}
		if r.code == "E15" && p.Document().Unknown != 1 {
			t.Errorf("client: counted %d unknown members, want 1", p.Document().Unknown)
		}
	}
}

// TestKindsOfTheFuture checks that a member of kinds in which a client finds what it does not know is ignored as a whole and counted, and that
// nothing else is.
func TestKindsOfTheFuture(t *testing.T) {
	for members, want := range map[string]int{
		`"until":"2026-10-20T12:00:00Z","clients":25,"rate":"20/h","panics":true`:      0,
		`"until":"2026-10-20T12:00:00Z","clients":25,"release":["1.42"]`:               1,
		`"until":"2026-10-20T12:00:00Z","mute":true,"until_sent":[{"clients":1},null]`: 1,
		`"clients":25,"mute":true,"how":{"a":1},"what":2`:                              2,
		`"raise":true`: 1,
	} {
		p, err := sampling.Parse([]byte(doc(`"kinds":{"9f2c41d0":{` + members + `},"00000001":{"until":"2026-10-20T12:00:00Z","rate":"5/h"}}`)))
		if err != nil {
			t.Errorf("%s: rejected: %v", members, err)
			continue
		}
		d, left := p.Document(), 2
		if want > 0 {
			left = 1
		}
		if d.Unknown != want || len(d.Kinds) != left || d.Kinds[left-1].Kind != 1 {
			t.Errorf("%s: %d unknown members and %d kinds, want %d and %d", members, d.Unknown, len(d.Kinds), want, left)
		}
	}
}

func TestReview(t *testing.T) {
	old := parse(t, `{"krunk":1,"version":1,"salt":"a","clients":5,"channels":{"net":{"send":"info"}}}`)
	p := parse(t, `{"krunk":1,"version":2,"salt":"b","clients":6,"channels":{"ne":{"send":"warn"},"*":{}}}`)
	var got []string
	for _, w := range Review(p, Known{Previous: old, Channels: []string{"net.http", "Render"}}) {
		got = append(got, w.Code+" "+w.String())
	}
	want := []string{
		`W02 channels["ne"]: no registered channel starts with "ne" (did you mean "net"?)`,
		`W03 salt: changes with 3 other settings: cohort reshuffle and setting change cannot be told apart later; change the salt in a version of its own`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if w := Review(parse(t, `{"krunk":1,"version":2,"salt":"b","clients":5,"channels":{"net":{"send":"info"}}}`), Known{Previous: old}); len(w) != 0 {
		t.Errorf("salt alone: got %v, want nothing", w)
	}
}

func TestDiff(t *testing.T) {
	a := parse(t, doc(`"clients":5,"channels":{"net":{"send":"info","rate":"5/m"}}`))
	b := parse(t, doc(`"clients":6,"channels":{"net":{"send":"info"}},"rules":[{"id":"r","when":{"release":[">=1.2 <2"]},"set":{"clients":1}}]`))
	want := []Difference{{"clients", "5", "6"}, {`rules["r"].when`, "", "release: >=1.2.0 <2.0.0"}, {`rules["r"].set.clients`, "", "1"}, {`channels["net"].rate`, "5/m", ""}}
	if got := Diff(a, b); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestStrictListsAllErrorsSortedWithPlaces(t *testing.T) {
	_, _, err := ParseStrict([]byte("{\"krunk\":1,\"version\":7,\n \"note\":\"ü\", \"salt\":\"a:b\",\n \"clients\":150,\n \"channels\":{\"net\":{\"send\":\"loud\"}}}"))
	want := `policy 0.7: 4:28: E06 channels["net"].send: "loud" is not a level; use trace, debug, info, warn, error, fatal or off
policy 0.7: 3:12: E05 clients: 150 is not a percentage; write a number from 0 to 100
policy 0.7: 2:21: E10 salt: "a:b" contains ':' which separates salt and id in the hash; write e.g. 2026-w41`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	var errs *Errors
	_, _, err = ParseStrict([]byte(doc(many(50, func(i int) string { return `"u` + strconv.Itoa(i) + `":1` }))))
	if !errors.As(err, &errs) || len(errs.List) != 20 {
		t.Errorf("got %v, want 20 errors", err)
	}
}

// What is judged once all was read has its line too.
func TestPlacesOfTheWhole(t *testing.T) {
	for text, want := range map[string]string{
		"{\"krunk\":1,\"version\":7,\n\"issued\":\"2026-10-10T12:00:00Z\",\n  \"expires\": \"2026-10-10T11:00:00Z\"}":  "3:14 expires",
		"{\"krunk\":1,\"version\":7,\n\"note\":\"\",\n\"panics\" : 10}":                                                "3:12 panics",
		"{\"krunk\":1,\"version\":7,\"note\":\"\\\"every\\\":\",\n\"poll\": {\n \"spread\":\"1m\", \"every\":\"2s\"}}": "3:25 poll.every",
	} {
		_, warnings, err := ParseStrict([]byte(text))
		var found []Problem
		var errs *Errors
		if errors.As(err, &errs) {
			found = errs.List
		}
		for _, w := range warnings {
			found = append(found, w.Problem)
		}
		if got := fmt.Sprintf("%d:%d %s", found[0].Line, found[0].Column, found[0].Path); len(found) != 1 || got != want {
			t.Errorf("%s: %q, want %s", text, found, want)
		}
	}
}

func TestParseFatalBehindManyHarmless(t *testing.T) {
	_, err := sampling.Parse([]byte(doc(many(50, func(i int) string { return `"u` + strconv.Itoa(i) + `":1` }) + `,"clients":150`)))
	var r *sampling.Rejection
	if !errors.As(err, &r) || r.Code != "E05" || r.Path != "clients" {
		t.Errorf("got %v, want E05 at clients", err)
	}
}

func TestStudyExample(t *testing.T) {
	b, err := os.ReadFile("testdata/study.json")
	if err != nil {
		t.Fatal(err)
	}
	p, warnings, err := ParseStrict(b)
	if err != nil || len(warnings) != 0 {
		t.Fatalf("got %v, %v", warnings, err)
	}
	if p.Version() != (sampling.Version{Epoch: 3, N: 1187}) || p.Pace().Spread.Seconds() != 60 || len(Channels(p)) != 5 {
		t.Errorf("got %v, %v, %v", p.Version(), p.Pace(), Channels(p))
	}
}

func parse(t testing.TB, s string) *sampling.Policy {
	t.Helper()
	p, err := sampling.Parse([]byte(s))
	if err != nil {
		t.Fatalf("Parse(%s): %v", s, err)
	}
	return p
}

// A policy of a later day, with members that this client does not know, wherever they stand and whatever they hold: it takes the rest.
func TestUnknownMembersEverywhere(t *testing.T) {
	const r = `"rules":[{"id":"a","when":{"env":["x"]},"set":{"clients":5,"channels":{"net":{"records":5}}}}]`
	const later = `"2026-10-20T12:00:00Z"`
	for _, value := range []string{`1`, `"x"`, `null`, `true`, `-1.5e300`, `[[1],{"a":[]}]`, `{"until":"tomorrow","clients":"many"}`} {
		n := `"novelty":` + value
		for place, text := range map[string]string{
			"document": n, "channel": `"channels":{"net":{` + n + `}}`, "ceiling": `"ceiling":{` + n + `}`, "poll": `"poll":{"every":"5m",` + n + `}`,
			"step": `"clients":1,"ramp":[{"at":` + later + `,"clients":5,` + n + `}]`,
			"rule": strings.Replace(r, `"id"`, n+`,"id"`, 1), "set": strings.Replace(r, `"clients":5`, n, 1), "channel of a rule": strings.Replace(r, `"records":5`, n, 1),
		} {
			p, err := sampling.Parse([]byte(doc(`"salt":"s",` + text)))
			if err != nil || p.Document().Unknown != 1 || p.Salt() != "s" || p.Document().Partial != "" {
				t.Errorf("%s in %s: %v", n, place, err)
			}
			var errs *Errors
			if _, _, err := ParseStrict([]byte(doc(`"salt":"s",` + text))); !errors.As(err, &errs) || errs.List[0].Code != "E15" || !strings.HasSuffix(errs.List[0].Path, "novelty") {
				t.Errorf("%s in %s: a publisher is told %v", n, place, err)
			}
		}
		for place, text := range map[string]string{
			"kind": `"kinds":{"9f2c41d0":{"until":` + later + `,"mute":true,` + n + `}}`, "pull": `"pulls":{"a":{"until":` + later + `,"match":["m"],` + n + `}}`,
		} {
			if p, err := sampling.Parse([]byte(doc(`"salt":"s",` + text))); err != nil || p.Salt() != "s" {
				t.Errorf("%s in %s: %v", n, place, err)
			}
		}
		p, err := sampling.Parse([]byte(doc(strings.Replace(r, `"env":["x"]`, n, 1))))
		if err != nil || p.Document().Partial != "E12" || !p.Document().Rules[0].Dead {
			t.Errorf("%s as a condition: %v", n, err)
		}
	}
}
