package folder

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNew(t *testing.T) {
	var dirs []string
	t.Run("made", func(t *testing.T) {
		for _, dir := range []string{New(t), Held(t)} {
			dirs = append(dirs, dir)
			if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "a", "b", "file"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, dir := range dirs {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", dir, err)
		}
	}
}
