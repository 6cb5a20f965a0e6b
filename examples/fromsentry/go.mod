module github.com/krunk-go/krunk/examples/fromsentry

go 1.25.0

require (
	github.com/getsentry/sentry-go v0.50.0
	github.com/krunk-go/krunk v0.0.0
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/krunk-go/krunk => ../..
