//go:build unix || windows

package runfile_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
)

// What a game captures in its last moments reaches the server after its next start.
func Example() {
	dir, err := os.MkdirTemp("", "moonfall") // a game takes the directory of its saved games
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	client, err := krunk.Start(krunk.Config{RunFile: runfile.In(dir)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.Ext(client.Stats().RunFile))
	client.Close(10 * time.Second)
	left, _ := os.ReadDir(filepath.Join(dir, "runs"))
	fmt.Println(len(left), "files after an end in peace")
	// Output:
	// .run
	// 0 files after an end in peace
}

// A handheld with a small card keeps at most 4 MiB of runs, and none for more than a week.
func ExampleWith() {
	_ = krunk.Config{RunFile: runfile.With(runfile.Options{Dir: "/var/lib/launcher", Disk: 4 << 20, Age: 7 * 24 * time.Hour})}
}
