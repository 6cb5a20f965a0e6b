// Package far imports no krunk.
package far

func Start() {
	go work() // want `a panic in this goroutine kills the program without a report`
}

func work() { println("far") }
