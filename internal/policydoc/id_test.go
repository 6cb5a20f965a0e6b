package policydoc

import "testing"

// A hash stays what it is, space around an id is nobody's meaning, and what can be no id is refused.
func TestIDs(t *testing.T) {
	const hash = "sha256:0123456789abcdef"
	for id, want := range map[string]string{"p-17": HashID("w41", " p-17\n"), hash: hash, " " + hash: hash} {
		if err := CheckID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
		if got := HashID("w41", id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
	if HashID("w41", "p-17") == HashID("w42", "p-17") {
		t.Error("the salt changes nothing")
	}
	for _, id := range []string{"", " \t", "sha256:", "sha256:zz", hash + "0", hash[:len(hash)-1], "sha256:0123456789ABCDEF", "sha256:sha256:0123456789"} {
		if CheckID(id) == nil {
			t.Errorf("%q is taken for an id", id)
		}
	}
}
