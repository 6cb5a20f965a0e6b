package policy_test

import (
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// What is wrong with a policy, with places and what to write instead, before anybody gets it.
func ExampleParseStrict() {
	_, _, err := policy.ParseStrict([]byte(`{"krunk":1,"version":7,"channels":{"net":{"send":"warning"}}}`))
	fmt.Println(err)
	// Output: policy 0.7: 1:50: E06 channels["net"].send: "warning" is not a level; use trace, debug, info, warn, error, fatal or off
}

// What a policy means for one client, and why.
func ExampleExplain() {
	p, err := sampling.Parse([]byte(`{"krunk":1,"version":7,"clients":0,
		"rules":[{"id":"anna","when":{"player":["p-17"]},"set":{"clients":100,"channels":{"net":{"send":"debug"}}}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, player := range []string{"p-17", "p-18"} {
		d, err := policy.Explain(p, sampling.Identity{ID: "5f0c2c1e", Player: player}, "net", policy.Under{})
		fmt.Println(player, d.Send, d.In, err)
	}
	// Output:
	// p-17 debug true <nil>
	// p-18 off false <nil>
}

// What changes between two versions.
func ExampleDiff() {
	old, _ := sampling.Parse([]byte(`{"krunk":1,"version":8,"clients":10,"channels":{"net":{"send":"info"}}}`))
	new, _ := sampling.Parse([]byte(`{"krunk":1,"version":9,"clients":5,"channels":{"net":{"send":"info","rate":"60/m"}}}`))
	for _, d := range policy.Diff(old, new) {
		fmt.Printf("%s: %q to %q\n", d.Path, d.Old, d.New)
	}
	// Output:
	// clients: "10" to "5"
	// channels["net"].rate: "" to "60/m"
}

// A thousand clients without rings and senders: how many report.
func ExampleSimulate() {
	reporting := 0
	for i := range 1000 {
		ctl, err := sampling.New(sampling.Identity{ID: fmt.Sprintf("install-%d", i)}, sampling.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		client, err := policy.Simulate(ctl)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := ctl.Apply([]byte(`{"krunk":1,"version":1,"clients":10}`)); err != nil {
			fmt.Println(err)
			return
		}
		if client.Channel("net").Decide(policy.LevelError).Reports() {
			reporting++
		}
		ctl.Close()
	}
	fmt.Println(reporting > 70 && reporting < 130)
	// Output:
	// true
}
