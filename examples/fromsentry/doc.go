// Package fromsentry holds README.md, a table from sentry-go to Krunk, and the test that compiles it.
package fromsentry
