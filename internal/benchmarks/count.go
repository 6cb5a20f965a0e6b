package benchmarks

import (
	"bytes"
	"encoding/json"
)

// count returns how many events and log records an envelope holds, up to a fault.
func count(body []byte) (events, logs int) {
	_, rest, _ := bytes.Cut(body, []byte("\n"))
	for len(rest) > 0 {
		var head []byte
		head, rest, _ = bytes.Cut(rest, []byte("\n"))
		var item struct {
			Type   string `json:"type"`
			Length *int   `json:"length"`
			Count  int    `json:"item_count"`
		}
		if json.Unmarshal(head, &item) != nil {
			return events, logs
		}
		if item.Length == nil {
			_, rest, _ = bytes.Cut(rest, []byte("\n"))
		} else if n := *item.Length; n >= 0 && n <= len(rest) {
			rest = bytes.TrimPrefix(rest[n:], []byte("\n"))
		} else {
			return events, logs
		}
		switch item.Type {
		case "event":
			events++
		case "log":
			logs += item.Count
		}
	}
	return events, logs
}
