package device_test

import (
	"fmt"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
)

// The game adds what only it knows: what it draws on.
func ExampleInfo_Tell() {
	client, err := krunk.Start(krunk.Config{Release: "moonfall@1.4.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(0)
	info := device.Read()
	info.Screen = device.Screen{Width: 1280, Height: 800, Hertz: 90}
	info.Tell(client)
	fmt.Println(info.OS != "" || info.Model == "")
	// Output: true
}
