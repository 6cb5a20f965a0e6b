// Package policy is for who writes, checks and publishes policies: strict reading with words for people, differences,
// explanations, predictions and simulated clients. A game links none of it; package sampling is what a game needs.
//
// # The document
//
// A policy is one JSON object of at most 64 KiB. Percentages are 0 to 100 with at most four decimals, times RFC 3339 with zone and
// judged by the server's clock. What a client does not know it ignores and counts; a condition that it does not know keeps the rule
// from matching anybody. Clients read leniently, ParseStrict refuses whatever they would ignore.
//
//	krunk      1, the format
//	version    1 to 2^53-1, raised with every change; epoch, 0 to 2^31-1, counts before it
//	issued     when it was made; expires: when clients go back to their compiled default
//	author, note
//	salt       of the cohorts; hash: "m3/1"
//	enabled    false is the kill switch: everything but panics stops
//	panics     share of clients that send panics
//	clients    share of clients that report at all; by: "client", "player" or "match", whose id is drawn
//	ramp       steps that clients takes by itself: [{"at": time, "clients": share}, …], 1 to 64. Times and shares rise, so a ramp
//	           only adds clients, and an older program stays where the ramp begins
//	channels   by name, "*" is all of them: trail, send and issue (levels), clients, ramp, records (share of records), rate ("120/m"),
//	           burst, first (records of each kind and hour that no share holds back), by, salt. A channel's rate is for all below it
//	           that states none, and that of "*" for all channels together, beside theirs: also where it is that of a compiled default
//	           (sampling.Cautious) that the policy does not replace by a rate of its own for "*"
//	rules      applied in order, the later one wins: id, until, when, set (clients, ramp, panics, channels). A rule that raises volume
//	           ends at most 7 days after issued, or after it begins
//	when       release (also ranges, ">=1.42 <1.43"), platform, arch, region, env, build, player, client, match, tags.NAME: lists of
//	           strings, also as hashes (see signed.HashID); not: an object of these; from: a time at which the rule begins
//	kinds      what is different about single issues, by the tag krunk.kind of their events: {"9f2c41d0": {…}}, at most 64. until, at
//	           most 30 days after issued; mute: true keeps all but the first of each client and day back, rate ("5/h") all beyond
//	           it; panics: true means panics of the kind too. Client reports tell of them ("ignored"). clients raises the kind: this share
//	           of all clients, drawn by salt and by of the top level, sends all of it, whatever shares, records, rates and first say,
//	           and nobody else sends any, but whom a rule picks by name; the ceiling holds, that of records as a share of
//	           clients, and rate beside it is of each client.
//	           panics: true raises panics too, where their share is smaller. A member with anything else in it is ignored as a whole
//	pulls      flight logs that are asked for, by the request's id: {"INC-4711": {…}}, at most 16. until, at most 7 days after issued; one of
//	           player and client (lists of at most 32 hashes) and match (one); bytes, 1024 to 1048576: of the event at most;
//	           goroutines: true: the stacks of all. See sampling.Limits.Pull
//	ceiling    what no channel exceeds: clients, records, rate, burst, trail, send, issue
//	poll       every, spread: how fast clients ask ("5m")
//
// What begins by itself, a step or a rule, begins late rather than early on a machine that does not know the time, and what ends, ends
// early rather than late. Both go on without a connection.
package policy
