module github.com/krunk-go/krunk/krunk/krunklogrus

go 1.25.0

require (
	github.com/krunk-go/krunk v0.0.0
	github.com/sirupsen/logrus v1.10.2
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	golang.org/x/sys v0.13.0 // indirect
)

replace github.com/krunk-go/krunk => ../..
