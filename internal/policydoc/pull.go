package policydoc

import (
	"fmt"
	"strings"
	"time"
)

// Pull writes a member of pulls: who is "player", "client" or "match", ids are as they shall stand there, 0 bytes leave that to the client.
func Pull(until time.Time, who string, ids []string, bytes int, goroutines bool) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = Quote(id)
	}
	text := fmt.Sprintf(`{ "until": %s, %s: [%s]`, Stamp(until), Quote(who), strings.Join(quoted, ", "))
	if bytes > 0 {
		text += fmt.Sprintf(`, "bytes": %d`, bytes)
	}
	if goroutines {
		text += `, "goroutines": true`
	}
	return text + " }"
}
