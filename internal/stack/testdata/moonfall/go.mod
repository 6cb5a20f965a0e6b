module example.test/moonfall

go 1.25

require github.com/krunk-go/krunk v0.1.0

replace github.com/krunk-go/krunk v0.1.0 => ./sdk
