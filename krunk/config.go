package krunk

import (
	"errors"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/transport"
)

// Config says what Start needs to know. Zero values are the defaults; Start checks every field and names all that are wrong.
type Config struct {
	// DSN is where reports go, as a Sentry-compatible server shows it for a project. Empty: records are kept in the black box
	// and nothing is sent.
	DSN string
	// Transport carries the bytes, such as nethttp.Default() or a console's own HTTP. It is needed when DSN is not empty.
	Transport transport.Transport
	// Compress compresses events and batches of log records when they are encoded, so that many times as many of them wait in the same
	// memory and go over the wire in a tenth of the bytes: deflate.Items(). Nil: they stay as they are. Where a server takes them
	// only plain, they are sent plain, and Stats.LastError says so.
	Compress transport.Compressor
	// Tunnel is the URL of a relay of your own to which everything is sent instead of the DSN's host; the envelope still
	// names the DSN. Empty: the DSN's host.
	Tunnel string

	// Release names this build, such as "moonfall@1.4.2"; no / or \, at most 200 bytes. Empty: the main module's name and its
	// version or revision from the build information, "moonfall@1.4.2" for v1.4.2. Where the build does not know them (go run,
	// no version control, the lean build) that is "moonfall@devel" or "game@devel", the same for all such builds: write one.
	Release string
	// Environment is "production", "playtest" and the like; at most 64 bytes. Empty: the server's default, production.
	Environment string
	// Dist tells builds of one release apart; letters, digits and _.-, at most 64 bytes.
	Dist string

	// Memory is what Krunk holds at most, in bytes; up to 5 percent more with what the runtime rounds up. At 1 MiB a quarter is the
	// ring of records and a bit more the encoded envelopes; the rest is history, scope, log records, and what it takes to make and
	// to send one envelope, which is 46 KiB long at most. Zero: 1 MiB. The least is 128 KiB: there an envelope is 4 KiB long at
	// most, the least that any event can be brought into, and making it takes five times that. The most is 1 GiB, and 224 MiB
	// with RunFile. Compress takes 292 KiB of it; with it zero means 1,316 KiB and the least is 456.
	Memory int
	// Channels sets thresholds by channel name. A name covers the channel and everything below it ("net" also "net.http"),
	// the longest one wins for each threshold by itself, and "*" covers all. Names fold to lower case: two that become one are an error.
	Channels map[string]Thresholds
	// Sampling is who decides on top of Channels what this client reports: krunk.Steer(ctl). Zero: nobody, until Client.Sampling
	// is called.
	Sampling Steering
	// MaxRepeats is how many events of one kind (same stack and type of error) are raised in a minute; the others are counted,
	// and the next one that is sent says how many there were. Zero: 500. Negative: no limit. Panics have Panics.MaxRepeats instead.
	MaxRepeats int
	// Panics says how many of them are sent, and how long somebody waits for that.
	Panics Panics
	// BeforeSend looks at each event before it is encoded, and may change it or drop it: krunk.Edit(f). Zero: they go as they are.
	BeforeSend Editing
	// Code says whose the frames of a stack are, and which panics are no crash.
	Code Code
	// Frames says what is too long for a frame.
	Frames Frames
	// RunFile is where what was captured lies while the program runs, so that it survives the program's death and is sent after the
	// next start: runfile.In(dir). Nil: it lies on the heap.
	RunFile RunFile
	// Consent is what holds until the player has answered: Granted; Ask, with which what is captured is kept and nothing leaves the device
	// before Client.Consent says Granted; or Denied, with which nothing is captured before that. An answer that was kept in RunFile wins. Where it cannot be
	// told whether there is one, as this user may not look into the directory, or what lies there cannot be read, that is a no, and Stats.RunFile says so.
	Consent Consent
	// NoSessions keeps the server from being told that this program runs. Otherwise it hears of each run, its session, that it began,
	// whether there was an error, and whether it was closed, crashed or vanished: that is what a release's share of crash-free sessions
	// and users is counted from. An id of the run, a hash of User.ID, Release, Environment, times and the number of errors go along, and
	// nothing else; two envelopes a run where nothing happens, the first one after 5 s. Sessions are not sampled. Without a Release in
	// Config and in the build there are none, nor without a DSN.
	NoSessions bool
}

// Panics says what is done with panics.
type Panics struct {
	// MaxRepeats is how many panics of one kind are sent in an hour, recovered or not, so that a game which panics in every
	// frame does not spend its quota on one fault. The others are counted like those over Config.MaxRepeats. Zero: 5. Negative: no limit.
	MaxRepeats int
	// Wait is how long Repanic and Go wait for the delivery of a panic before the program dies, and how long Recover and
	// ReportPanic do where the client is closed. Zero: 2 s. Negative: they do not wait, and after Close they report nothing.
	Wait time.Duration
}

// Thresholds are the levels from which on records of a channel are used: "trace", "debug", "info", "warn", "error", "fatal",
// or "off". Empty: inherited, at last trail "debug", send "off", issue "error". Those that are not off keep the order
// trail <= send <= issue.
type Thresholds struct {
	Trail string // kept in the black box; travels as a breadcrumb of the next events
	Send  string // shipped as a structured log record
	Issue string // raised as an event with a stack
}

const (
	defaultMemory    = 1 << 20
	minMemory        = 128 << 10
	mostMemory       = 1 << 30
	defaultRepeats   = 500
	defaultPanics    = 5
	defaultPanicWait = 2 * time.Second
)

// plan is a checked Config.
type plan struct {
	Config
	dsn    protocol.DSN
	levels levels
	shares shares

	sessions bool // servers are told of this run
}

// check returns what cfg means, or everything that is wrong with it.
func (cfg Config) check() (*plan, error) {
	p := &plan{Config: cfg}
	p.Channels = nil // the game may change its own; levels is what counts
	p.Code.Sentinels = append([]Sentinel(nil), cfg.Code.Sentinels...)
	var faults faults
	if cfg.DSN != "" {
		var err error
		p.dsn, err = protocol.ParseDSN(cfg.DSN)
		faults.add("DSN", err)
		if cfg.Transport == nil {
			faults.say("Transport", "nil with a DSN; set one, such as nethttp.Default(), or leave DSN empty")
		}
	}
	if cfg.Tunnel != "" {
		faults.add("Tunnel", checkURL(cfg.Tunnel))
	}
	faults.add("Release", orNil(cfg.Release, protocol.CheckRelease))
	faults.add("Environment", orNil(cfg.Environment, protocol.CheckEnvironment))
	faults.add("Dist", orNil(cfg.Dist, protocol.CheckDist))
	pack := 0
	if cfg.Compress != nil {
		_, _, pack = cfg.Compress.Form()
	}
	switch {
	case cfg.Memory == 0:
		p.Memory = defaultMemory + pack
	case cfg.Memory < leastMemory(pack):
		faults.say("Memory", strconv.Itoa(cfg.Memory)+" bytes; write at least "+strconv.Itoa(leastMemory(pack))+", or 0 for 1 MiB and what Compress takes")
	case cfg.Memory > mostMemory:
		faults.say("Memory", strconv.Itoa(cfg.Memory)+" bytes; write at most "+strconv.Itoa(mostMemory))
	}
	if cfg.MaxRepeats == 0 {
		p.MaxRepeats = defaultRepeats
	}
	if cfg.Panics.MaxRepeats == 0 {
		p.Panics.MaxRepeats = defaultPanics
	}
	if cfg.Panics.Wait == 0 {
		p.Panics.Wait = defaultPanicWait
	}
	if cfg.RunFile != nil {
		faults.add("RunFile", cfg.RunFile.Check(cfg.Memory))
	}
	if cfg.Consent > Denied {
		faults.say("Consent", "no answer; write krunk.Granted, krunk.Ask or krunk.Denied")
	}
	cfg.Code.check(&faults)
	p.Frames.check(&faults)
	p.levels = parseLevels(cfg.Channels, &faults)
	p.shares = sharesOf(p.Memory-pack, cfg.Compress != nil)
	return p, faults.err()
}

// leastMemory is the least that Memory may be with a compressor that takes so much of it.
func leastMemory(pack int) int {
	if pack > 0 {
		pack += 36 << 10 // for the envelope in the compressor's hands
	}
	return minMemory + pack
}

// faults are the fields of a Config that are wrong.
type faults []string

// err returns them all as one error, a line for each; nil if there are none.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	all := f[0]
	for _, s := range f[1:] {
		all += "\n" + s
	}
	return errors.New(all)
}

//go:noinline
func (f *faults) add(field string, err error) {
	if err != nil {
		f.say(field, err.Error())
	}
}

//go:noinline
func (f *faults) say(field, text string) {
	*f = append(*f, "krunk: Config."+field+": "+text)
}

func orNil(v string, check func(string) error) error {
	if v == "" {
		return nil
	}
	return check(v)
}

// checkURL wants an absolute http or https URL without spaces.
func checkURL(s string) error {
	for _, scheme := range []string{"https://", "http://"} {
		if len(s) > len(scheme) && s[:len(scheme)] == scheme && s[len(scheme)] != '/' {
			for i := range len(s) {
				if s[i] <= ' ' || s[i] == 0x7f {
					return errors.New(text.Quote(s) + " has a space or control character at byte " + strconv.Itoa(i) + "; leave it out")
				}
			}
			return nil
		}
	}
	return errors.New(text.Quote(s) + ` is no absolute URL; write e.g. "https://relay.example/envelope/"`)
}
