package httpsource_test

import (
	"context"
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/httpsource"
)

// A policy from a URL, asked for every five minutes for as long as the game runs.
func Example() {
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()
	source, err := httpsource.New("https://policy.game.example/policy", httpsource.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, quit := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- ctl.Run(ctx, source) }() // the first request comes within some seconds, not at once from all players
	quit()
	fmt.Println(<-ended)
	// Output: context canceled
}

// Where a heartbeat says that a newer policy is out, the next request comes within the policy's spread instead of the interval.
func ExampleSource_Hint() {
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()
	source, err := httpsource.New("https://policy.game.example/policy", httpsource.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var heartbeat [16]byte // as policyserver's Hint made it
	heartbeat[15] = 7
	if newest := sampling.VersionOfHint(heartbeat); ctl.Version().Less(newest) {
		source.Hint()
		fmt.Println("asks for", newest, "soon")
	}
	// Output: asks for 0.7 soon
}
