package sampling_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
)

// A launch: nothing but panics in the first seconds, in which the first policy may come; without one panics of everybody and errors of
// one client in ten; no policy may ship more than a megabyte an hour.
func Example() {
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{ // a random id, made at the first run and kept
		Default: sampling.Cautious(),
		Wait:    15 * time.Second,
		Limits:  sampling.Limits{MaxBytesPerHour: 1 << 20},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := krunk.Start(krunk.Config{Sampling: krunk.Steer(ctl)}) // and a DSN
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(time.Second)

	// What the game's own server sends, over whatever connection there is.
	fmt.Println(ctl.Apply([]byte(`{"krunk":1,"version":7,"clients":100,"channels":{"net":{"send":"debug"}}}`)))
	fmt.Println(ctl.Version(), client.Channel("net").Enabled(krunk.LevelDebug))
	// An older one changes nothing.
	fmt.Println(ctl.Apply([]byte(`{"krunk":1,"version":6,"enabled":false}`)))
	// Output:
	// <nil>
	// 0.7 true
	// sampling: older than the policy that runs; to go back, publish the old content under a higher version
}

// Rules name players, platforms, releases and times.
func ExampleController_Update() {
	ctl, _ := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{})
	defer ctl.Close()
	err := ctl.Apply([]byte(`{"krunk":1,"version":8,"clients":0,
		"rules":[{"id":"anna","when":{"player":["p-17"]},"set":{"clients":100}}]}`))
	fmt.Println(err, ctl.Status().InCohort)
	ctl.Update(func(id *sampling.Identity) { id.Player = "p-17" }) // she logs in
	fmt.Println(ctl.Status().InCohort, ctl.Status().Rules)
	// Output:
	// <nil> false
	// true [anna]
}

// What is wrong with a policy changes nothing; the server learns the code by Echo, and krunkpolicy lint says what to write.
func ExampleController_Apply() {
	ctl, err := sampling.New(sampling.Identity{}, sampling.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ctl.Close()
	fmt.Println(ctl.Apply([]byte(`{"krunk":1,"version":3,"clients":10}`)))

	err = ctl.Apply([]byte(`{"krunk":1,"version":4,"channels":{"net":{"send":"loud"}}}`))
	var rejected *sampling.Rejection
	fmt.Println(errors.As(err, &rejected), rejected.Code, rejected.Path)

	err = ctl.Apply([]byte(`{"krunk":1,"version":2}`))
	fmt.Println(errors.Is(err, sampling.ErrStale))
	fmt.Println(ctl.Echo())
	// Output:
	// <nil>
	// true E06 channels["net"].send
	// true
	// have=0.3; seen=0.2
}
