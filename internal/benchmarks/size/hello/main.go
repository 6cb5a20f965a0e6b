// Command hello is what any Go program costs.
package main

import "os"

func main() { os.Stdout.WriteString("hello\n") }
