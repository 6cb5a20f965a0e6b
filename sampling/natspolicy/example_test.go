package natspolicy_test

import (
	"context"
	"fmt"
	"os"

	"github.com/krunk-go/krunk/sampling/natspolicy"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Two game servers that share one policy over NATS; here its server runs in the program.
func Example() {
	dir, err := os.MkdirTemp("", "krunk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	n, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	n.Start()
	defer n.WaitForShutdown()
	defer n.Shutdown()

	join := func() (*policyserver.Server, error) {
		conn, err := nats.Connect("", nats.InProcessServer(n), nats.MaxReconnects(-1)) // in a game: its address instead
		if err != nil {
			return nil, err
		}
		js, err := jetstream.New(conn)
		if err != nil {
			return nil, err
		}
		store, err := natspolicy.New(js, natspolicy.Options{})
		if err != nil {
			return nil, err
		}
		return policyserver.New(store, policyserver.Options{})
	}
	ctx := context.Background()
	one, err := join()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := one.Publish(ctx, []byte(`{"krunk":1,"version":1,"clients":10}`), "anna"); err != nil {
		fmt.Println(err)
		return
	}
	two, err := join()
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, version := two.Bytes()
	fmt.Println(version, string(doc))
	// Output:
	// 0.1 {"krunk":1,"version":1,"clients":10}
}
