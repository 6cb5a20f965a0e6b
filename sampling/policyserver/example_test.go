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
