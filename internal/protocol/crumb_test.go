package protocol

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// wireCrumb is a breadcrumb as encoding/json writes it.
type wireCrumb struct {
	Timestamp string          `json:"timestamp"`
	Type      string          `json:"type,omitempty"`
	Category  string          `json:"category,omitempty"`
	Level     string          `json:"level,omitempty"`
	Message   string          `json:"message"`
	Data      json.RawMessage `json:"data,omitempty"`
}

// A breadcrumb is what any encoder would make of it, and its message can be read from where it ends.
func TestAppendBreadcrumb(t *testing.T) {
	for i, c := range []Breadcrumb{
		{},
		{Category: "net.http", Level: "debug", Message: "packet lost seq=17", Data: Raw(`{"seq":17,"message":"packet lost"}`)},
		{Type: "error", Category: "game", Level: "error", Message: "save: \"disk\" <full> & é\u2028\n"},
		{Message: strings.Repeat("m", MaxMessage-MaxRepeat), Category: strings.Repeat("c", MaxCategory)},
	} {
		b, end := AppendBreadcrumb([]byte(BreadcrumbTime+`t"`), &c)
		var got wireCrumb
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%d: %v: %s", i, err, b)
		}
		want := wireCrumb{"t", c.Type, c.Category, c.Level, c.Message, json.RawMessage(c.Data)}
		if got.Type != want.Type || got.Category != want.Category || got.Level != want.Level || got.Message != want.Message || string(got.Data) != string(want.Data) {
			t.Errorf("%d: got %+v, want %+v", i, got, want)
		}
		at := len(BreadcrumbTime) + len(`t"`) + end
		var longer wireCrumb
		if err := json.Unmarshal([]byte(string(b[:at])+" ×3"+string(b[at:])), &longer); err != nil || longer.Message != c.Message+" ×3" {
			t.Errorf("%d: got %q with more behind the message, %v", i, longer.Message, err)
		}
	}
}

// What is over a limit is cut, whatever it is, and the object stays one.
func TestAppendBreadcrumbCuts(t *testing.T) {
	for _, part := range []string{"é", "\x01", "\xff", `"`} {
		long := strings.Repeat(part, 20_000)
		b, _ := AppendBreadcrumb([]byte(BreadcrumbTime+`t"`), &Breadcrumb{Type: long, Category: long, Level: long, Message: long, Data: Raw(`{"a":"` + strings.Repeat("d", 9000) + `"}`)})
		var got wireCrumb
		if err := json.Unmarshal(b, &got); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q: %v", part, err)
		}
		if len(got.Message) > 3*MaxMessage || len(got.Category) > 3*MaxCategory || len(got.Data) > MaxCrumbData || !strings.HasSuffix(got.Message, "...") {
			t.Errorf("%q: message of %d bytes, category of %d, data of %d", part, len(got.Message), len(got.Category), len(got.Data))
		}
	}
}
