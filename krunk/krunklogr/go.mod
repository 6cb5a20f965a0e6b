module github.com/krunk-go/krunk/krunk/krunklogr

go 1.25.0

require (
	github.com/go-logr/logr v1.4.4
	github.com/krunk-go/krunk v0.0.0
	k8s.io/klog/v2 v2.140.0
)

require (
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
)

replace github.com/krunk-go/krunk => ../..
