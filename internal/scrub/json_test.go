package scrub

import (
	"encoding/json"
	"testing"
)

func TestJSON(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", `{"a":[1,"b\n\u00fc",null]}`, `{"a":[1,"b\n\u00fc",null]}`},
		{"value", `{"path":"/home/anna/x"}`, `{"path":"~/x"}`},
		{"list", `["/home/anna/x",1,"C:\\Users\\anna\\y"]`, `["~/x",1,"~\\y"]`},
		{"alone", `"/home/anna"`, `"~"`},
		{"escaped slash", `"\/home\/anna\/x"`, `"~/x"`},
		{"escaped letters", `"/home/j\u00fcrgen\u0020a/\ud83d\ude00"`, `"~/😀"`},
		{"escaped all", `"\u002f\u0068ome/anna"`, `"~"`},
		{"key", `{"/home/anna/x":1}`, `{"~/x":1}`},
		{"two keys", `{"/home/anna/x":1, "/home/bert/x" :2}`, `{"~/x":1, "~/x 2" :2}`},
		{"secret text", `{"token":"abc","n":1}`, `{"token":"[Filtered]","n":1}`},
		{"secret object", `{"Set-Cookie" : {"a":["}",2]} ,"n":1}`, `{"Set-Cookie" : "[Filtered]" ,"n":1}`},
		{"secret number", `{"api_key":12}`, `{"api_key":"[Filtered]"}`},
		{"secret deep", `{"a":[{"password":null}]}`, `{"a":[{"password":"[Filtered]"}]}`},
		{"no secret", `{"tokens_used":5,"secrets_found":2,"monkey":1}`, `{"tokens_used":5,"secrets_found":2,"monkey":1}`},
		{"cut short", `{"token`, `{"token`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := New("").JSON(tt.in); got != tt.want {
				t.Errorf("JSON(%s): got %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,"b\n\u00fc",null]}`, `["/home/anna/x",1,"C:\\Users\\anna\\y"]`, `{"/home/anna/x":1, "/home/bert/x" :2}`,
		`{"Set-Cookie" : {"a":["}",2]} ,"n":1}`, `{"token`, `"\ud83d\ude00\ud83d/home/\ud83d\"`, `[{"token":[]},{"token":{}}]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := New("/home/anna")
		once := c.JSON(s)
		if !json.Valid([]byte(s)) {
			return
		}
		if !json.Valid([]byte(once)) {
			t.Errorf("JSON(%s): got %s, which is not valid", s, once)
		}
		if twice := c.JSON(once); twice != once {
			t.Errorf("JSON(%s): got %s, and %s when applied again", s, once, twice)
		}
	})
}

func TestSecret(t *testing.T) {
	for _, key := range []string{
		"password", "Password", "db_passwd", "secret", "client-secret", "token", "accessToken", "x-auth-token", "Authorization",
		"proxy-authorization", "cookie", "Set-Cookie", "api_key", "apiKey", "X-API-Key", "private_key", "session_id", "session.id", "auth", "session",
	} {
		if !Secret(key) {
			t.Errorf("Secret(%q): got false, want true", key)
		}
	}
	for _, key := range []string{"", "author", "tokens", "token_count", "secrets_found", "monkey", "keyboard", "passenger", "key", "user", "compass", "session_length", "pass", "authority"} {
		if Secret(key) {
			t.Errorf("Secret(%q): got true, want false", key)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Secret("Proxy-Authorization-Of-A-Very-Long-Name-Indeed") }); n != 0 {
		t.Errorf("Secret: got %v allocations, want 0", n)
	}
}
