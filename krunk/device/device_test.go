package device_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/device"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// contexts reports one message from a client that was told the device, and returns what the strict endpoint took.
func contexts(t *testing.T, tell func(*krunk.Client)) map[string]map[string]any {
	t.Helper()
	server := sentrytest.New(sentrytest.Options{})
	defer server.Close()
	defer server.Verify(t)
	client, err := krunk.Start(krunk.Config{DSN: server.DSN(), Transport: server.Transport(), Release: "moonfall@1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	tell(client)
	client.Channel("game").Error("lost")
	if !client.Close(time.Minute) {
		t.Fatal("not delivered")
	}
	events := server.Events()
	if len(events) != 1 {
		t.Fatalf("got %d events, want 1", len(events))
	}
	var e struct{ Contexts map[string]map[string]any }
	if err := json.Unmarshal(events[0].Raw, &e); err != nil {
		t.Fatal(err)
	}
	return e.Contexts
}

func TestTell(t *testing.T) {
	i := device.Info{
		OS: "SteamOS", OSVersion: "3.6.20", Kernel: "6.5.0-annas", Model: "Galileo", Manufacturer: "Valve", Memory: 12 << 30, Processors: 8,
		Screen: device.Screen{Width: 1280, Height: 800, Hertz: 90},
	}
	got := contexts(t, i.Tell)
	want := map[string]map[string]any{
		"os": {"name": "SteamOS", "version": "3.6.20", "kernel_version": "6.5.0"},
		"device": {
			"name": "Steam Deck OLED", "model": "Steam Deck OLED", "model_id": "Galileo", "manufacturer": "Valve", "device_type": "Handheld",
			"memory_size": float64(12 << 30), "processor_count": 8.0, "screen_width_pixels": 1280.0, "screen_height_pixels": 800.0,
			"screen_resolution": "1280x800", "screen_hertz": 90.0,
		},
	}
	for context, members := range want {
		for key, v := range members {
			if got[context][key] != v {
				t.Errorf("%s.%s: got %v, want %v", context, key, got[context][key], v)
			}
		}
	}
	if got["browser"] != nil {
		t.Errorf("got a browser: %v", got["browser"])
	}
}

// What is not known leaves the game's own context alone, and hostile names of machines pass the strict endpoint.
func TestTellLittle(t *testing.T) {
	got := contexts(t, func(c *krunk.Client) {
		c.SetContext("device", krunk.String("name", "my console"))
		device.Info{Model: "Default string", OS: "\x00\xff\n" + strings.Repeat("long ", 1000), Memory: -5}.Tell(c)
	})
	if got["device"]["name"] != "my console" {
		t.Errorf("device.name: got %v, want the game's own", got["device"]["name"])
	}
	if name, _ := got["os"]["name"].(string); len(name) > 100 || !strings.HasPrefix(name, "long long") {
		t.Errorf("os.name: got %q", name)
	}
	device.Read().Tell(nil) // a game without Krunk
}

// What Read finds on this machine names neither it nor who uses it.
func TestReadHere(t *testing.T) {
	got := device.Read()
	all := strings.ToLower(strings.Join([]string{got.OS, got.OSVersion, got.Kernel, got.Model, got.Board, got.Manufacturer, got.Processor}, "\n"))
	host, err := os.Hostname()
	if strings.Contains(strings.ToLower(got.OS), strings.ToLower(host)) {
		t.Skipf("this host is called %q, as its system is", host)
	}
	if err == nil && len(host) > 3 && strings.Contains(all, strings.ToLower(host)) {
		t.Errorf("the host's name %q is in %q", host, all)
	}
	t.Logf("%+v", got)
}
