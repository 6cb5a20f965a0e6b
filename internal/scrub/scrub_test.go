package scrub

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "nothing to see here", "nothing to see here"},
		{"linux", "/home/anna/src/game/boss.go", "~/src/game/boss.go"},
		{"linux in text", "open /home/anna/save.dat: no such file", "open ~/save.dat: no such file"},
		{"linux end", "chdir /home/anna", "chdir ~"},
		{"linux quote", `open "/home/anna": denied`, `open "~": denied`},
		{"linux colon", "/home/anna:/usr/bin", "~:/usr/bin"},
		{"linux space", "in /home/anna we trust", "in ~ we trust"},
		{"linux escape", `"/home/anna\n"`, `"~\n"`},
		{"two", "mv /home/anna/a /home/bob/b", "mv ~/a ~/b"},
		{"unicode name", "/home/jürgen/x", "~/x"},
		{"steam deck", "/home/deck/.local/share/game", "~/.local/share/game"},
		{"silverblue", "/var/home/anna/x", "~/x"},
		{"sd card", "/run/media/anna/CARD/x", "~/CARD/x"},
		{"url", "file:///home/anna/x", "file://~/x"},
		{"mac", "/Users/anna/Library/x", "~/Library/x"},
		{"mac data volume", "/System/Volumes/Data/Users/anna/x", "~/x"},
		{"mac shared", "/Users/Shared/x", "/Users/Shared/x"},
		{"root", "/root/go/src/x.go:12", "~/go/src/x.go:12"},
		{"root end", "cd /root", "cd ~"},
		{"rootfs", "/rootfs/x and /root.img", "/rootfs/x and /root.img"},
		{"windows", `C:\Users\anna\AppData\x`, `~\AppData\x`},
		{"windows lower", `d:\users\anna\x`, `~\x`},
		{"windows forward", "C:/Users/anna/go/src/x.go", "~/go/src/x.go"},
		{"windows doubled", `"C:\\Users\\anna\\x"`, `"~\\x"`},
		{"windows long", `\\?\C:\Users\anna\x`, `\\?\~\x`},
		{"windows space", `open C:\Users\Anna Smith\x.dat: denied`, `open ~\x.dat: denied`},
		{"windows end", `CreateFile C:\Users\anna`, `CreateFile ~`},
		{"windows colon", `CreateFile C:\Users\anna: denied`, `CreateFile ~: denied`},
		{"windows text goes on", `from C:\Users\anna to D:\x`, `from ~ to D:\x`},
		{"windows short name", `C:\Users\ANNASM~1\x`, `~\x`},
		{"windows public", `C:\Users\Public\x`, `C:\Users\Public\x`},
		{"wine", `Z:\home\deck\x`, `~\x`},
		{"ios", "/var/mobile/Containers/Data/Application/0A1B-22/Documents/x", "~/Documents/x"},
		{"ios private", "/private/var/mobile/Containers/Data/Application/0A1B-22/tmp", "~/tmp"},
		{"android", "/data/user/0/com.example.game/files", "/data/user/0/com.example.game/files"},
		{"deeper", "/srv/home/anna/x", "~/x"},
		{"relative", "assets/home/menu/x and web/Users/anna", "assets/home/menu/x and web/Users/anna"},
		{"web", "https://example.test/home/page", "https://example.test/home/page"},
		{"nested", "/home/anna/home/bob/x", "~/home/bob/x"},
		{"no name", "/home/ and /home", "/home/ and /home"},
		{"doubled slash", "/home//anna/x", "~/x"},
		{"dots", "/home/../etc", "/home/../etc"},
		{"drive alone", `C:\`, `C:\`},
		{"no drive", "abc:/Usersx/anna", "abc:/Usersx/anna"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := New("").Text(tt.in); got != tt.want {
				t.Errorf("Text(%q): got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPath(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"windows end", `C:\Users\Anna Smith`, `~`},
		{"windows", `C:/Users/Anna Smith/x y.go`, `~/x y.go`},
		{"linux", "/home/anna smith/x", "~/x"},
		{"relative", "ai/boss.go", "ai/boss.go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := New("").Path(tt.in); got != tt.want {
				t.Errorf("Path(%q): got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestAllocations(t *testing.T) {
	clean := "open /data/user/0/com.example.game/files/save.dat: no such file: https://example.test/home/x"
	c := New("/home/anna")
	if n := testing.AllocsPerRun(100, func() { c.Text(clean); c.Path(clean); c.JSON(`{"a":"b\\n","c":[1,2]}`) }); n != 0 {
		t.Errorf("nothing to cut: got %v allocations, want 0", n)
	}
}

func FuzzScrub(f *testing.F) {
	for _, s := range []string{
		"", "/home/anna/x", `C:\Users\Anna Smith\x`, `from C:\Users\a b /home/c\d`, "/home//home/bob", "/root/root/",
		"/home/anna//home/bob", "https://a@b/?c=d&e=f", "1.2.3.4:5->[fe80::1%e]:6", "lookup a on 10.0.0.1:5", "token=\"a\\\"b\"", "a@b.cd a.local", `C:\Users\ D:\Users\x`, "/Users/~/Users/a", `A:/Users/B:/Users/c d/e`, "/home/Shared/home/x",
		"/var/mobile/Containers/Data/Application/x", `C:\Users\a /root\b`, "/home/a b/root", `C:\users\C:\users\x`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := New("/home/anna")
		for name, clean := range map[string]func(string) string{"Text": c.Text, "Path": c.Path} {
			once := clean(s)
			if utf8.ValidString(s) && !utf8.ValidString(once) {
				t.Errorf("%s(%q): got %q, which is not UTF-8", name, s, once)
			}
			if len(once) > len(s) {
				t.Errorf("%s(%q): got %q, longer than its input", name, s, once)
			}
			if twice := clean(once); twice != once {
				t.Errorf("%s(%q): got %q, and %q when applied again", name, s, once, twice)
			}
		}
	})
}

// TestOnce puts texts together out of what the forms are made of: what was scrubbed stays as it is.
func TestOnce(t *testing.T) {
	parts := []string{
		"/", "/", "home", "Users", "anna", "Bert", " ", " ", "\\", "C:", ":", "//", "http", "@", "~", "~", ".", "10.0.0.1", "1", "->", "[", "]", "fe80", "::",
		"token", "=", "?", "&", "#", "\"", "'", "{", "}", ",", "lookup ", " on ", "local", "%2F", "%5C", "%3A", "media", "run", "-", "00:1b:44:11:3a:b7", "mnt",
		"Volumes", "drive_c", "root", "Cookie", ": ", "\\u00fc", "ü", "listen tcp ", "com", "\n", "UNC", "(", ")",
	}
	r := rand.New(rand.NewPCG(1, 2))
	c := New("/srv/anna")
	for range 50_000 {
		s := ""
		for range 1 + r.IntN(14) {
			s += parts[r.IntN(len(parts))]
		}
		for name, clean := range map[string]func(string) string{"Text": c.Text, "Path": c.Path} {
			once := clean(s)
			if twice := clean(once); twice != once || len(once) > len(s) {
				t.Fatalf("%s(%q): got %q, and %q when applied again", name, s, once, twice)
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	for _, bb := range []struct{ name, in string }{
		{"words", "connection reset by peer while sending snapshot of sector seven, giving up after the third attempt !"},
		{"triggers", "net.http: took 4.1s (retry 3/5), state=open, ratio 0.75: server said: try again later. See a-b/c-d now"},
		{"address", "write tcp 10.0.0.7:4411: connection reset by peer while sending snapshot 4711 of sector 7 to client 9"},
		{"home", "open /home/anna/.local/share/moonfall/save.dat: no such file or directory, so the game begins anew again"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			c := New("/home/anna")
			b.SetBytes(int64(len(bb.in)))
			b.ReportAllocs()
			for b.Loop() {
				c.Text(bb.in)
			}
		})
	}
}
