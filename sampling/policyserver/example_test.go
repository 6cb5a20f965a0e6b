package policyserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

// A game server that serves the policy over HTTP, and puts the same bytes into its own protocol.
func Example() {
	server, err := policyserver.New(new(policyserver.Memory), policyserver.Options{}) // NewDir instead of Memory: kept
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := server.Publish(context.Background(), []byte(`{"krunk":1,"version":7,"issued":"2026-11-01T12:00:00Z","author":"anna","clients":10}`), "anna")
	fmt.Println(report.Version, err)

	mux := http.NewServeMux()
	mux.Handle("/policy", server)
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/policy", nil))
	fmt.Println(answer.Code)

	// In the game's own connection, when the version of the client's heartbeat is another one.
	bytes, version := server.Bytes()
	ctl, _ := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	defer ctl.Close()
	fmt.Println(ctl.Apply(bytes), ctl.Version() == version)
	// Output:
	// 0.7 <nil>
	// 200
	// <nil> true
}

// A fault that nobody can reproduce is raised: a quarter of all clients is to send every event of it, and the draft says how many that are and what
// bounds them before anybody publishes it.
func ExampleServer_Draft() {
	server, err := policyserver.New(new(policyserver.Memory), policyserver.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if _, err := server.Publish(ctx, []byte(`{"krunk":1,"version":7,"salt":"w41","clients":1}`), "anna"); err != nil {
		fmt.Println(err)
		return
	}
	server.Observe(policyserver.Observation{Clients: 40_000})
	draft, err := server.Draft(ctx, policyserver.Change{
		Raise: []policyserver.Raise{{Kind: "9f2c41d0", For: "48h", Clients: 25, Rate: "2/h"}},
		Note:  "INC-4711: nobody has seen it",
	}, "anna")
	fmt.Println(draft.Version, err)
	fmt.Println(draft.Report.Effect.Text)
	report, err := server.Replace(ctx, policyserver.Proposal{Bytes: draft.Document, By: "anna", Replaces: draft.Replaces})
	fmt.Println(report.Version, err)
	// Output:
	// 0.8 <nil>
	// clients reporting 400 -> 400; raised 9f2c41d0: clients 0 -> 10,000 at most 5.6/s
	// 0.8 <nil>
}
