package openfeaturesource_test

import (
	"context"
	"fmt"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/openfeaturesource"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
)

// A game server that follows a flag of whatever flag service the studio has; here its provider is memory.
func Example() {
	provider := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		openfeaturesource.DefaultFlag: {
			Key: openfeaturesource.DefaultFlag, State: memprovider.Enabled, DefaultVariant: "on",
			Variants: map[string]any{"on": `{"krunk":1,"version":7,"clients":10}`},
		},
	})
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(context.Background(), provider); err != nil {
		fmt.Println(err)
		return
	}

	changed := make(chan sampling.Change, 1)
	ctl, err := sampling.New(sampling.Identity{ID: "server-3"}, sampling.Options{OnChange: func(c sampling.Change) { changed <- c }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()
	source, err := openfeaturesource.New(api.NewClient(), openfeaturesource.Options{
		Context: openfeature.NewEvaluationContext("server-3", map[string]any{"region": "eu"}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- ctl.Run(ctx, source) }()
	c := <-changed
	fmt.Println(c.Reason, c.New)
	cancel()
	<-ended
	// Output:
	// applied 0.7
}
