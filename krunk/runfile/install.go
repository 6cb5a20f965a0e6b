package runfile

import (
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/internal/text"
)

const installName = "install"

// install returns the id of this installation: 32 hex digits that say nothing, made by the first start and kept in the directory. It is ""
// where they cannot be kept. Of two first starts at once both have the one that was kept.
func install(dir string) string {
	const name, size = installName, 32
	for range 2 {
		if b, err := runfile.Small(dir, name, size); err != nil {
			return ""
		} else if id := string(b); valid(id) {
			return id
		}
		id := ident.New()
		if err := runfile.PutSmall(dir, name, text.AppendHex(nil, id[:])); err != nil && err != runfile.ErrBusy {
			return ""
		}
	}
	b, _ := runfile.Small(dir, name, size)
	if !valid(string(b)) {
		return ""
	}
	return string(b)
}

func valid(id string) bool {
	for _, c := range []byte(id) {
		if c < '0' || c > '9' && c < 'a' || c > 'f' {
			return false
		}
	}
	return len(id) == 32
}
