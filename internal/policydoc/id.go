package policydoc

import (
	"fmt"
	"strings"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling/signed"
)

// CheckID says what is wrong with an id as a person gives it: nothing but space, or the beginning of a hash and no hash behind it.
func CheckID(id string) error {
	switch id = strings.TrimSpace(id); {
	case id == "":
		return fmt.Errorf("%q names nobody; write an id as the game gives it to krunk", id)
	case strings.HasPrefix(id, plan.Hashed) && !plan.IsHash(id):
		return fmt.Errorf("%s is the hash of no id; write sha256: and 16 of 0-9 and a-f, or the id itself", plan.Quoted(id))
	}
	return nil
}

// HashID returns how a policy with that salt names an id that CheckID finds nothing wrong with; what is a hash already stays as it is.
func HashID(salt, id string) string {
	if id = strings.TrimSpace(id); strings.HasPrefix(id, plan.Hashed) {
		return id
	}
	return signed.HashID(salt, id)
}
