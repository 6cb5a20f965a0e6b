package protocol

import "testing"

func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		`1`: `1`, `-12.5`: `-12.5`, `"1e308 \" 2e5"`: `"1e308 \" 2e5"`, `{"1e308":[true,null,{}]}`: `{"1e308":[true,null,{}]}`,
		`{"a":1.8e307,"b":[1,-5E-324 ,2e5],"c":0.5}`: `{"a":"1.8e307","b":[1,"-5E-324" ,"2e5"],"c":0.5}`,
		`[9007199254740992,-9007199254740992,9007199254740993,-9007199254740993,100000000000000000000,18446744073709551616]`: `[9007199254740992,-9007199254740992,"9007199254740993","-9007199254740993","100000000000000000000","18446744073709551616"]`,
		`[12345678901234567890.5,0.00000000000000000001]`:                                                                    `[12345678901234567890.5,0.00000000000000000001]`,
		``: ``, `"`: `"`, `"\`: `"\`, `-`: `-`,
	} {
		if got := Readable(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	v := `{"a":[1,2.5,"x"]}`
	if n := testing.AllocsPerRun(10, func() { Readable(v) }); n != 0 {
		t.Errorf("%v allocations for what stays, want 0", n)
	}
}

func FuzzReadable(f *testing.F) {
	for _, s := range []string{`{"a":1e308,"b":[-1,2]}`, `[123456789012345678901234567890]`, `"\u00e9"`, `-0.0e-0`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Readable(s); Valid([]byte(s)) && (!Valid([]byte(got)) || Readable(got) != got) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
