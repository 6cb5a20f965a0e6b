module github.com/krunk-go/krunk/examples/launcher

go 1.25.0

require (
	github.com/krunk-go/krunk v0.0.0
	github.com/krunk-go/krunk/krunk/krunkzerolog v0.0.0
	github.com/rs/zerolog v1.35.1
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	golang.org/x/sys v0.29.0 // indirect
)

replace (
	github.com/krunk-go/krunk => ../..
	github.com/krunk-go/krunk/krunk/krunkzerolog => ../../krunk/krunkzerolog
)
