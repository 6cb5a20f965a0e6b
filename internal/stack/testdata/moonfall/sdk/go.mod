module github.com/krunk-go/krunk

go 1.25
