module github.com/krunk-go/krunk/krunk/krunkzap

go 1.25.0

require (
	github.com/krunk-go/krunk v0.0.0
	go.uber.org/zap v1.28.0
	go.uber.org/zap/exp v0.3.0
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
)

replace github.com/krunk-go/krunk => ../..
