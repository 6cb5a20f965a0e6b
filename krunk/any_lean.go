//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import "github.com/krunk-go/krunk/internal/text"

// appendOther names the type of a value that the lean build cannot encode.
func appendOther(dst []byte, v any, _ int) []byte {
	if s, ok := v.(interface{ String() string }); ok {
		return text.AppendString(dst, stringText(s))
	}
	return text.AppendString(dst, typeName(v))
}

// basicText returns the text of a panic value that is neither an error, a string nor a Stringer.
func basicText(v any) string {
	if s, ok := v.(bool); ok && s {
		return "true"
	} else if ok {
		return "false"
	}
	if b, ok := appendNumber(nil, v); ok {
		return string(b)
	}
	return "a value of type " + typeName(v)
}
