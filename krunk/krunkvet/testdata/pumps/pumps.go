// Package pumps imports no krunk, so that nothing is reported in it; what it recovers is known to who calls it.
package pumps

func Safe() { // want Safe:"guarded"
	defer func() { _ = recover() }()
	work()
}

func Calls() { Safe() } // want Calls:"guarded"

func Unsafe() { work() }

func Recover() { // want Recover:"recovers"
	_ = recover()
	work()
}

type Pump struct{}

func (*Pump) Run() { // want Run:"guarded"
	defer Recover()
	work()
}

func Start() { go work() }

func work() { println("pumping") }
