package policyserver

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Player is what the game knows about somebody who plays.
type Player struct {
	Identity sampling.Identity // as their client has it; of an empty ID it cannot be told whether the share includes them
	Here     bool              // they are connected to this server
	Beat     uint64            // the id that HeartbeatEcho is called with for them; while they are not Here the other servers are asked about it, or zero, where each has ids of its own
}

// sum256 is sha256.Sum256 with the type that plans know.
func sum256(b []byte) [32]byte { return sha256.Sum256(b) }

// jsonAsked is what the page asks about.
type jsonAsked struct {
	Player   string `json:"player"`
	Client   string `json:"client"` // install id; empty: what Options.Player says
	Release  string `json:"release"`
	Platform string `json:"platform"`
}

// jsonPlayer is what is decided for a player, and why.
type jsonPlayer struct {
	Player   string          `json:"player"`
	Hash     string          `json:"hash"`    // as a policy names them
	Known    string          `json:"known"`   // what is known of their client, in words
	Client   string          `json:"client"`  // what keeps the decision from being sure; empty: nothing
	In       bool            `json:"in"`      // they report
	Panics   bool            `json:"panics"`  // they send crashes
	Killed   bool            `json:"killed"`  // nobody reports
	Follows  string          `json:"follows"` // what their client runs, in words
	Current  bool            `json:"current"` // it runs what is served
	Channels []jsonDecision  `json:"channels"`
	Rules    []jsonRuleState `json:"rules"`
	Pulls    []jsonPull      `json:"pulls"`  // requests for their flight log
	Kinds    []jsonKindState `json:"kinds"`  // what is different about single issues
	Signed   bool            `json:"signed"` // policies are; to others no client sends its flight log
}

type jsonDecision struct {
	Channel string   `json:"channel"`
	Trail   string   `json:"trail"`
	Send    string   `json:"send"`
	Issue   string   `json:"issue"`
	In      bool     `json:"in"`
	Forced  bool     `json:"forced"` // picked by name
	Why     []string `json:"why"`
}

type jsonRuleState struct {
	ID      string `json:"id"`
	Applies bool   `json:"applies"`
	Why     string `json:"why"`
}

// player answers what is decided for one player. It asks for the right to publish: this is about a person.
func (s *Server) player(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.allow(w, r); !ok {
		return
	}
	b, err := body(w, r, 4<<10)
	if err != nil {
		s.refuse(w, err)
		return
	}
	var asked jsonAsked
	if err := json.Unmarshal(b, &asked); err != nil || strings.TrimSpace(asked.Player) == "" || len(asked.Player) > 256 {
		answer(w, http.StatusBadRequest, failure{Error: `write {"player": "p-17"}, and what else is known: client, release, platform`})
		return
	}
	who, err := s.who(&asked)
	if err == nil {
		err = checkIDs(&who.Identity)
	}
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, failure{Error: err.Error()})
		return
	}
	answer(w, http.StatusOK, s.decided(&who))
}

// checkIDs refuses what looks like a hash and is none: of such an id a decision would be shown that is nobody's.
func checkIDs(id *sampling.Identity) error {
	if err := policydoc.CheckID(id.Player); err != nil {
		return fmt.Errorf("player %w", err)
	}
	if id.ID == "" {
		return nil
	}
	if err := policydoc.CheckID(id.ID); err != nil {
		return fmt.Errorf("install id %w", err)
	}
	return nil
}

// who finds out about a player.
func (s *Server) who(asked *jsonAsked) (who Player, err error) {
	name := strings.TrimSpace(asked.Player)
	if s.o.Player != nil {
		if who, err = s.o.Player(name); err != nil {
			return who, err
		}
	}
	id := &who.Identity
	for _, f := range [...]struct {
		to   *string
		from string
	}{{&id.Player, name}, {&id.ID, asked.Client}, {&id.Release, asked.Release}, {&id.Platform, asked.Platform}} {
		if from := strings.TrimSpace(f.from); from != "" {
			*f.to = from
		}
	}
	return who, nil
}

// decided explains every channel for a player.
func (s *Server) decided(who *Player) jsonPlayer {
	p, salt := s.o.Under.Default, ""
	c := s.current.Load()
	if c != nil {
		p = c.policy
	}
	if p == nil {
		p = defaultPolicy()
	}
	salt = p.Salt()
	id := who.Identity
	out := jsonPlayer{Player: id.Player, Hash: hashed(salt, id.Player), Known: identityWords(&id), Channels: []jsonDecision{}, Rules: []jsonRuleState{}, Pulls: []jsonPull{}}
	if id.ID == "" {
		out.Client = "The install id of their client is not known, so whether they are inside of the share cannot be told."
	}
	under := s.o.Under
	under.Hash, under.Now = sum256, time.Now()
	named := true
	for i, name := range s.forecast(p).channels {
		d, err := policy.Explain(p, id, name, under)
		if err != nil {
			break // New has tried Under
		}
		if i == 0 {
			out.Panics, out.Killed = d.Panics, d.Killed
			for _, r := range d.Rules {
				out.Rules = append(out.Rules, jsonRuleState(r))
			}
		}
		named = named && d.Forced
		out.In = out.In || d.In && (d.Send != policy.LevelOff || d.Issue != policy.LevelOff)
		out.Channels = append(out.Channels, jsonDecision{name, d.Trail.String(), d.Send.String(), d.Issue.String(), d.In, d.Forced, decisionWords(&d)})
	}
	h := s.heardOf(who)
	out.Follows, out.Current = s.follows(who, &h)
	out.Pulls, out.Signed = s.pullsOf(c, who, &h), s.signs(c)
	out.Kinds = kindsOf(p, &id, named, under.Now)
	return out
}

// identityWords lists what is known of a client.
func identityWords(id *sampling.Identity) string {
	var parts []string
	for _, f := range [...]struct{ name, value string }{
		{"install", id.ID}, {"release", id.Release}, {"platform", id.Platform}, {"arch", id.Arch}, {"region", id.Region}, {"env", id.Env}, {"build", id.Build}, {"match", id.Match},
	} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(id.Tags)) {
		parts = append(parts, "tag "+name+" "+id.Tags[name])
	}
	return strings.Join(parts, ", ")
}

// decisionWords says why a channel is as it is.
func decisionWords(d *policy.Decision) []string {
	var out []string
	switch {
	case d.Killed:
		return []string{"the kill switch is thrown"}
	case d.Forced:
		out = append(out, "picked by name: "+d.From["clients"])
	case d.In:
		out = append(out, fmt.Sprintf("inside of %s %%, place %s %% by %s: %s", number(percentage(d.PPM)), number(percentage(d.Bucket)), d.By, d.From["clients"]))
	default:
		out = append(out, fmt.Sprintf("outside of %s %%, place %s %% by %s: %s", number(percentage(d.PPM)), number(percentage(d.Bucket)), d.By, d.From["clients"]))
	}
	for _, f := range [...]struct{ name, key string }{{"kept", "trail"}, {"shipped", "send"}, {"raised", "issue"}} {
		out = append(out, f.name+" by "+d.From[f.key])
	}
	return out
}

// follows says what one client runs, as it said last.
func (s *Server) follows(who *Player, h *word) (words string, current bool) {
	switch {
	case h.known:
	case !who.Here && who.Beat == 0:
		return "This server does not know which heartbeat is theirs (Options.Player); they may be on another server, or not there.", false
	case h.waits:
		return "This server has not heard of their client; the other servers are asked.", false
	default:
		return "Nothing was heard of their client within " + span(s.fleet.window) + ".", false
	}
	now := s.current.Load().version()
	state := describe(h.state, now)
	words = fmt.Sprintf("Their client is %s, as it said %s ago", state.text(now), h.ago.Round(time.Second))
	if h.server != "" {
		words += " to " + h.server
	}
	return words + ".",
		!state.Unknown && !state.Rejected && state.Version == now && now != (sampling.Version{})
}

// last returns what a client said last.
func (f *fleet) last(id uint64) (heard, bool) { return f.mixed(mix(id)) }

// mixed is last by the mixed id.
func (f *fleet) mixed(id uint64) (heard, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h, ok := f.clients[id]
	return h, ok && !f.gone(h.at, time.Now().UnixNano())
}
