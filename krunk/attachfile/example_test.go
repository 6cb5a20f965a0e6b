package attachfile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/attachfile"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// The saved game that could not be loaded goes along with the event that says so.
func ExampleFile() {
	srv := sentrytest.New(sentrytest.Options{})
	client, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(time.Second)
	dir, _ := os.MkdirTemp("", "saves")
	save := filepath.Join(dir, "slot1.sav")
	_ = os.WriteFile(save, []byte("level 3"), 0o600)
	defer os.RemoveAll(dir)

	client.Report(errors.New("the save is broken"), krunk.Attach(attachfile.File(save)))

	client.Flush(time.Minute)
	for _, a := range srv.Attachments(srv.Events()[0].ID) {
		fmt.Printf("%s: %s\n", a.Filename, a.Payload)
	}
	// Output: slot1.sav: level 3
}
