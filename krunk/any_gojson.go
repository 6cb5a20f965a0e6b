//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"bytes"
	"fmt"

	"github.com/goccy/go-json"

	"github.com/krunk-go/krunk/internal/text"
)

// appendOther encodes a value of the game's own type.
func appendOther(dst []byte, v any, depth int) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return text.AppendString(dst, "[krunk: "+err.Error()+"]")
	}
	return tame(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n")), depth)
}

// tame appends valid JSON without what servers drop: a null becomes the text "<nil>", and what lies deeper than anyDepth
// becomes "…".
func tame(dst, src []byte, depth int) []byte {
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			end := i + 1
			for src[end] != '"' {
				if src[end] == '\\' {
					end++
				}
				end++
			}
			if depth <= anyDepth {
				dst = append(dst, src[i:end+1]...)
			}
			i = end
			continue
		case c == '{' || c == '[':
			if depth++; depth == anyDepth+1 {
				dst = text.AppendString(dst, "…")
			}
		case c == '}' || c == ']':
			if depth--; depth == anyDepth {
				continue
			}
		case c == 'n' && depth <= anyDepth:
			dst = text.AppendString(dst, "<nil>")
			i += len("null") - 1
			continue
		}
		if depth <= anyDepth {
			dst = append(dst, src[i])
		}
	}
	return dst
}

// basicText returns the text of a panic value that is neither an error, a string nor a Stringer.
func basicText(v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "[krunk: formatting a " + typeName(v) + " panicked" + because(r) + "]"
		}
	}()
	return fmt.Sprintf("%+v", v)
}
