package policydoc

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSet(t *testing.T) {
	for _, c := range []struct{ name, doc, key, value, after, want string }{
		{"replace", "{ \"a\" : 1 ,\n\"b\":2}", "a", "17", "", "{ \"a\" : 17 ,\n\"b\":2}"},
		{"replace last", `{"a":1,"b":[1, 2] }`, "b", "[]", "", `{"a":1,"b":[] }`},
		{"replace a string", `{"a":"\u00e4\"","b":2}`, "a", `"x"`, "", `{"a":"x","b":2}`},
		{"behind", `{"a":1, "b":2}`, "c", "3", "a", `{"a":1, "c": 3, "b":2}`},
		{"at the end", "{\"a\":1\n}", "c", "3", "nowhere", "{\"a\":1,\n  \"c\": 3\n}"},
		{"only at the top", `{"a":{"b":1},"b":2}`, "b", "3", "", `{"a":{"b":1},"b":3}`},
		{"escaped key", `{"\u0061":1}`, "a", "3", "", `{"\u0061":3}`},
		{"lines of Windows", "{\r\n\"a\":1\r\n}", "a", "2", "", "{\r\n\"a\":2\r\n}"},
		{"other scripts", `{"å":1,"a":"þ"}`, "a", `"ð"`, "", `{"å":1,"a":"ð"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.doc)
			d := Doc{in}
			if err := d.Set(c.key, c.value, c.after); err != nil || string(d.B) != c.want {
				t.Errorf("got %q, %v, want %q", d.B, err, c.want)
			}
			if string(in) != c.doc {
				t.Error("changed its input")
			}
		})
	}
	for _, text := range []string{"", "[]", "{}", `{"a"`, `{"a":}`, "7"} {
		if err := (&Doc{[]byte(text)}).Set("b", "1", ""); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func TestGet(t *testing.T) {
	d := Doc{[]byte(`{"a": [1, {"b":2}], "b":3}`)}
	for key, want := range map[string]string{"a": `[1, {"b":2}]`, "b": "3", "c": ""} {
		if got := string(d.Get(key)); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestDrop(t *testing.T) {
	for doc, want := range map[string]string{
		`{"a":1}`: `{}`, `{ "a":1, "b":2}`: `{ "b":2}`, `{"b":2,
  "a": [1]}`: `{"b":2}`, `{"b":2, "a":{"a":1} ,"c":3}`: `{"b":2 ,"c":3}`, `{"b":{"a":1}}`: `{"b":{"a":1}}`,
	} {
		d := Doc{[]byte(doc)}
		if err := d.Drop("a"); err != nil || string(d.B) != want {
			t.Errorf("%s: got %s, %v, want %s", doc, d.B, err, want)
		}
	}
	if err := (&Doc{[]byte("7")}).Drop("a"); err == nil {
		t.Error("want an error")
	}
}

func TestPutAndTake(t *testing.T) {
	d := Doc{[]byte(`{"krunk":1, "b":2}`)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Put("kinds", "00000001", Mute(time.Unix(1e9, 0), "", false)))
	must(d.Put("kinds", "00000002", Mute(time.Unix(2e9, 0), "5/h", true)))
	must(d.Put("kinds", "00000001", Mute(time.Unix(1.5e9, 0), "", true)))
	const both = "{\"krunk\":1, \"b\":2,\n  \"kinds\": {\n    \"00000001\": { \"until\": \"2017-07-14T02:40:00Z\", \"mute\": true, \"panics\": true }," +
		"\n    \"00000002\": { \"until\": \"2033-05-18T03:33:20Z\", \"rate\": \"5/h\", \"panics\": true }\n  }}"
	if string(d.B) != both {
		t.Errorf("got %s", d.B)
	}
	if gone, err := d.TakeEnded(time.Unix(1.6e9, 0), "kinds", "none"); err != nil || len(gone) != 1 || gone[0] != `kinds["00000001"]` {
		t.Errorf("got %q, %v", gone, err)
	}
	if was, err := d.Take("kinds", "00000001"); was || err != nil {
		t.Errorf("got %v, %v", was, err)
	}
	if was, err := d.Take("kinds", "00000002"); !was || err != nil || string(d.B) != `{"krunk":1, "b":2}` {
		t.Errorf("got %v, %v, %s", was, err, d.B)
	}
}

func TestSetList(t *testing.T) {
	d := Doc{[]byte(`{"rules":[1]}`)}
	if err := d.SetList("rules", []json.RawMessage{[]byte(`{"id":"a"}`), []byte(`{"id":"b"}`)}); err != nil {
		t.Fatal(err)
	}
	if want := "{\"rules\":[\n    {\"id\":\"a\"},\n    {\"id\":\"b\"}\n  ]}"; string(d.B) != want {
		t.Errorf("got %s", d.B)
	}
	if err := d.SetList("rules", nil); err != nil || string(d.B) != `{"rules":[]}` {
		t.Errorf("got %s, %v", d.B, err)
	}
}

func TestTexts(t *testing.T) {
	if got := Quote("<a> & \"þ\"\n"); got != `"<a> & \"þ\"\n"` {
		t.Errorf("got %s", got)
	}
	for want, got := range map[string]string{
		`{ "until": "2017-07-14T02:40:00Z", "clients": 0.05 }`:                                Raise(time.Unix(1.5e9, 0), 0.05, "", false),
		`{ "until": "2017-07-14T02:40:00Z", "clients": 100, "rate": "20/h", "panics": true }`: Raise(time.Unix(1.5e9, 0), 100, "20/h", true),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := Stamp(time.Date(2026, 10, 10, 14, 0, 0, 9, time.FixedZone("", 7200))); got != `"2026-10-10T12:00:00Z"` {
		t.Errorf("got %s", got)
	}
}

// FuzzSet: the result is JSON, has the value, and every other member as it was.
func FuzzSet(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[1,{"a":2}]}`), "a", "c")
	f.Add([]byte("{\"version\" : 7,\r\n\"krunk\":1 }\n"), "note", "version")
	f.Add([]byte(`{"\u0061":"ä\"","b":{}}`), "a", "")
	f.Fuzz(func(t *testing.T, doc []byte, key, after string) {
		var old map[string]json.RawMessage
		if json.Unmarshal(doc, &old) != nil {
			return
		}
		d := Doc{doc}
		before, err := d.members()
		if err != nil || len(before) != len(old) || len(old) == 0 || !utf8.ValidString(key) {
			return // keys that repeat, or that are no UTF-8
		}
		if err := d.Set(key, `{"x":[]}`, after); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		var now map[string]json.RawMessage
		if err := json.Unmarshal(d.B, &now); err != nil || string(now[key]) != `{"x":[]}` {
			t.Fatalf("%q: %q, %v", doc, d.B, err)
		}
		for k, v := range old {
			if k != key && string(now[k]) != string(v) {
				t.Fatalf("%q: member %q became %s", doc, k, now[k])
			}
		}
	})
}
