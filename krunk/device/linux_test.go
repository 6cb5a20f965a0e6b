//go:build linux

package device

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func readTree(tree string, with func(*Info, string)) Info {
	var i Info
	with(&i, "testdata/"+tree)
	i.tidy()
	i.Processors = 0
	return i
}

func TestReadLinux(t *testing.T) {
	if runtime.GOOS == "android" {
		t.Skip("skipped: these trees are those of other systems")
	}
	tests := []struct {
		tree string
		with func(*Info, string)
		want Info
	}{
		{"deck", readRoot, Info{
			OS: "SteamOS", OSVersion: "3.6.20", Kernel: "6.5.0", Model: "Steam Deck OLED", Board: "Galileo", Manufacturer: "Valve", Kind: Handheld,
			Processor: "AMD Custom APU 0932", Memory: 11954488 << 10,
		}},
		{"rog", readRoot, Info{
			OS: "Bazzite", OSVersion: "41", Model: "ROG Ally X", Board: "ROG Ally X RC72LA_RC72LA", Manufacturer: "ASUSTeK COMPUTER INC.", Kind: Handheld,
		}},
		{"board", readRoot, Info{
			OS: "ROCKNIX", OSVersion: "20250517", Kernel: "6.12.20", Model: "Anbernic RG353P", Kind: Handheld, Processor: "Rockchip RK3566", Memory: 2013560 << 10,
		}},
		{"unfilled", readRoot, Info{OS: "Linux"}},
		{"nothing", readRoot, Info{OS: "Linux"}},
		{"phone", android, Info{OS: "Android", OSVersion: "14", Model: "Pixel 7a", Manufacturer: "Google", Kind: Phone}},
	}
	for _, tt := range tests {
		t.Run(tt.tree, func(t *testing.T) {
			if got := readTree(tt.tree, tt.with); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// The trees hold host names, serial numbers and what builders and players chose; each is called SECRET there.
func TestReadIsPrivate(t *testing.T) {
	secrets := 0
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		secrets += strings.Count(string(b), "SECRET")
		return err
	})
	if err != nil || secrets < 8 {
		t.Fatalf("got %d secrets in testdata, error %v; want at least 8", secrets, err)
	}
	for _, tree := range []string{"deck", "board", "unfilled", "phone"} {
		for _, with := range []func(*Info, string){readRoot, android} {
			i := readTree(tree, with)
			for _, got := range []string{i.OS, i.OSVersion, i.Kernel, i.Model, i.Board, i.Manufacturer, i.Processor, string(i.Kind)} {
				if strings.Contains(got, "SECRET") || strings.Contains(got, "anna") {
					t.Errorf("%s: %q left the device", tree, got)
				}
			}
		}
	}
}

// A named pipe where a file should be has no writer: opening it would wait for ever.
func TestReadPipe(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(root+"/proc", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(root+"/proc/meminfo", 0o600); err != nil {
		t.Skip("skipped: no pipe can be made here:", err)
	}
	if err := os.WriteFile(root+"/proc/cpuinfo", []byte(strings.Repeat("\x00\xff", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	var i Info
	readRoot(&i, root)
	i.tidy()
	if i.Memory != 0 || i.Processor != "" {
		t.Errorf("got %+v from a pipe and rubbish", i)
	}
}
