// Package benchmarks measures Krunk beside its peers, sentry-go and zerolog, in one run and on one machine, so that what is
// reported are ratios. It is a module of its own: the peers never become dependencies of Krunk.
//
// A Case is measured by testing.Benchmark on one goroutine. What needs a process of its own (processor time, heap, wake-ups)
// is a role that this program starts itself in: see Main. cmd/figures prints everything as one table.
package benchmarks
