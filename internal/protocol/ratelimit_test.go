package protocol

import (
	"net/http"
	"testing"
	"time"
)

func TestRateLimits(t *testing.T) {
	wall, now := time.Date(2026, 9, 21, 14, 0, 0, 0, time.UTC), 7*time.Second
	date := func(d time.Duration) string { return wall.Add(d).Format(http.TimeFormat) }
	type limits map[Category]time.Duration
	every := func(d time.Duration) limits {
		l := limits{}
		for c := range Category(Categories) {
			l[c] = d
		}
		return l
	}
	tests := []struct {
		name, header, after string
		status              int
		want                limits // what is not named is free
	}{
		{"nothing", "", "", 200, limits{}},
		{"one", "60:error:organization:quota", "", 200, limits{CategoryError: time.Minute}},
		{"two categories", "60:log_item;log_byte:organization:quota", "", 200, limits{CategoryLogItem: time.Minute, CategoryLogByte: time.Minute}},
		{"all", "2700::key", "", 200, every(45 * time.Minute)},
		{"the document's example", "60:log_item;log_byte:organization:quota, 2700::key, 5:metric_bucket:project:x:custom", "", 429, every(45 * time.Minute)},
		{"Bugsink on every answer", "86400:transaction;span:organization", "", 200, limits{}},
		{"Bugsink over quota", "60::key, 86400:transaction;span:organization", "", 429, every(time.Minute)},
		{"sessions and attachments", "60:attachment;attachment_item:project:x, 60:session:project:x", "", 429, limits{CategoryAttachment: time.Minute, CategoryAttachmentItem: time.Minute, CategorySession: time.Minute}},
		{"unknown names", "60:metric;span;:key", "", 200, limits{}},
		{"unknown beside known", "60:metric;error:key", "", 200, limits{CategoryError: time.Minute}},
		{"separators alone", "60:;:key", "", 200, limits{}},
		{"case counts", "60:Error:key", "", 200, limits{}},
		{"spaces", " 60 : error ; session : key : x , 30 :feedback: key", "", 200, limits{CategoryError: time.Minute, CategorySession: time.Minute, CategoryFeedback: 30 * time.Second}},
		{"decimals", "2.5:error:key", "", 200, limits{CategoryError: 2500 * time.Millisecond}},
		{"longer one wins", "60:error:key, 10:error:key", "", 200, limits{CategoryError: time.Minute}},
		{"no scope", "60:error", "", 200, limits{CategoryError: time.Minute}},
		{"extra parts", "60:error:key:x::more:parts", "", 200, limits{CategoryError: time.Minute}},
		{"namespaces", "60:metric_bucket:organization:x:custom", "", 200, limits{}},
		{"namespaces without category", "60::organization:x:custom;other", "", 200, limits{}},
		{"empty namespaces", "60::organization:x: ; ", "", 200, every(time.Minute)},
		{"zero", "0:error:key", "", 200, limits{}},
		{"cap", "999999999:error:key", "", 200, limits{CategoryError: 24 * time.Hour}},
		{"cap of many digits", "99999999999999999999999999:error:key", "", 200, limits{CategoryError: 24 * time.Hour}},
		{"bad decimals", "1.x:error:key, 1.5x:error:key, 1.-5:error:key, 1.0000x:error:key", "", 200, limits{}},
		{"point without decimals", "3.:error:key", "", 200, limits{CategoryError: 3 * time.Second}},
		{"less than a millisecond", "1.23456:error:key", "", 200, limits{CategoryError: 1234 * time.Millisecond}},
		{"negative", "-5:error:key", "", 200, limits{}},
		{"words", "inf:error:key, NaN:error:key, 0x10:error:key, 1e3:error:key, .5:error:key", "", 200, limits{}},
		{"no colon", "60", "", 200, limits{}},
		{"empty limits", ",, ,60:error:key,", "", 200, limits{CategoryError: time.Minute}},

		{"429 alone", "", "", 429, every(time.Minute)},
		{"429 with seconds", "", "120", 429, every(2 * time.Minute)},
		{"429 with decimals", "", " 1.5 ", 429, every(1500 * time.Millisecond)},
		{"429 with a date", "", date(10 * time.Minute), 429, every(10 * time.Minute)},
		{"429 with a date of the past", "", date(-time.Hour), 429, every(time.Minute)},
		{"429 with a far date", "", date(1000 * time.Hour), 429, every(24 * time.Hour)},
		{"429 with the last date", "", "Fri, 31 Dec 9999 23:59:59 GMT", 429, every(24 * time.Hour)},
		{"429 with a date of the first year", "", "Thu, 01 Jan 1970 00:00:00 GMT", 429, every(time.Minute)},
		{"429 with garbage", "", "soon", 429, every(time.Minute)},
		{"429 with a negative", "", "-1", 429, every(time.Minute)},
		{"429 with a header", "5:error:key", "600", 429, limits{CategoryError: 5 * time.Second}},
		{"429 with a header of others", "5:span:key", "600", 429, limits{}},
		{"429 with a broken header", "what", "600", 429, every(10 * time.Minute)},
		{"Retry-After of another status", "", "600", 503, limits{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r RateLimits
			r.Update(tt.header, tt.after, tt.status, now, wall.UnixNano())
			for c := range Category(Categories) {
				d := tt.want[c]
				if limited := r.Limited(c, now); limited != (d > 0) {
					t.Errorf("%q: limited %v, want %v", c, limited, d > 0)
				}
				if d > 0 && r.Until(c) != now+d {
					t.Errorf("%q: got until %v, want %v", c, r.Until(c), now+d)
				}
				if d > 0 && (!r.Limited(c, now+d-1) || r.Limited(c, now+d)) {
					t.Errorf("%q: want limited until %v and not longer", c, d)
				}
			}
		})
	}
}

func TestRateLimitsAreNeverShortened(t *testing.T) {
	now := time.Hour
	var r RateLimits
	r.Update("100:error:key", "", 200, now, 0)
	r.Update("10:error:key", "", 200, now+time.Second, 0)
	if got := r.Until(CategoryError) - now; got != 100*time.Second {
		t.Errorf("got %v, want 100s", got)
	}
	r.Update("200::key", "", 200, now, 0)
	if got := r.Until(CategoryError) - now; got != 200*time.Second {
		t.Errorf("got %v, want 200s from the limit on everything", got)
	}
	r.Update("100:error:key", "", 200, now+150*time.Second, 0)
	if got := r.Until(CategoryError) - now; got != 250*time.Second {
		t.Errorf("got %v, want 250s", got)
	}
}

// A number out of a damaged file is no reason to panic.
func TestRateLimitsUnknownCategory(t *testing.T) {
	now := time.Duration(0)
	var r RateLimits
	if r.Limited(200, now) {
		t.Error("limited without a limit")
	}
	r.Update("", "", 429, now, 0)
	if !r.Limited(200, now) {
		t.Error("not limited by a limit on everything")
	}
}

func FuzzRateLimits(f *testing.F) {
	f.Add("60:log_item;log_byte:organization:quota, 2700::key, 5:metric_bucket:project:x:custom", "", 429)
	f.Add("2.5:error", "Mon, 21 Sep 2026 14:13:21 GMT", 200)
	f.Add(":::::,;;,", "1.", 429)
	f.Add("99999999999999999999.99999999999999999:", "-", 429)
	f.Fuzz(func(t *testing.T, header, after string, status int) {
		wall, now := time.Date(2026, 9, 21, 14, 0, 0, 0, time.UTC).UnixNano(), time.Hour
		var r RateLimits
		r.Update("30:error:key", "", 200, now, 0)
		r.Update(header, after, status, now, wall)
		for c := range Category(Categories) {
			if until := r.Until(c); until > now+24*time.Hour {
				t.Fatalf("%q: until %v", c, until)
			}
		}
		if r.Until(CategoryError) < now+30*time.Second {
			t.Fatal("a limit was shortened")
		}
		if status != 429 && header == "" && r.Limited(CategorySession, now) {
			t.Fatal("a limit out of nothing")
		}
	})
}
