module game

go 1.25.0

require (
	github.com/krunk-go/krunk v0.0.0
	golang.org/x/sync v0.0.0
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
)

replace github.com/krunk-go/krunk => ../../..

replace golang.org/x/sync => ./sync
