package sentrytest

import (
	"strings"
	"testing"
)

func frames(list string) string {
	return `{"values":[{"type":"x","stacktrace":{"frames":[` + list + `]}}]}`
}

func mechanism(fields string) string {
	return `{"values":[{"type":"x","mechanism":` + fields + `}]}`
}

func TestEventRows(t *testing.T) {
	long := func(n int) string { return quote(strings.Repeat("x", n)) }
	const values = "event.exception.values[0]"
	full := eventEnvelope("environment", `"production"`, "dist", `"881"`, "user", `{"id":"9d1c","ip_address":"{{auto}}"}`, "tags", `{"scene":"boss_3"}`,
		"contexts", `{"runtime":{"name":"go","version":"go1.25"},"trace":{"trace_id":"`+testTrace+`","span_id":"7e57c0de7e57c0de"},"build":{"n":1}}`,
		"exception", frames(`{"function":"main","module":"main","filename":"main.go","lineno":31,"in_app":true},{"instruction_addr":"0x7f00"}`),
		"threads", `{"values":[{"id":17,"crashed":true,"current":true,"main":true}]}`, "fingerprint", `["{{ default }}","a"]`,
		"breadcrumbs", `{"values":[{"timestamp":1790000000,"category":"scene.load","level":"warning","data":{"a":1}},{"timestamp":1790000000}]}`)
	rows := []row{
		{name: "plain", body: eventEnvelope()},
		{name: "full", body: full},
		{"invalid utf-8", eventEnvelope("logger", "\"\xff\""), "event", LossItem},
		{"lone surrogate", eventEnvelope("logger", `"\ud800"`), "event", LossItem},
		{name: "surrogate pair", body: eventEnvelope("logger", `"\ud83d\ude00"`)},
		{"number out of range", eventEnvelope("contexts", `{"a":{"n":1e999}}`), "event", LossItem},
		{"NaN", eventEnvelope("contexts", `{"a":{"n":NaN}}`), "event", LossItem},
		{"nesting past the limit", eventEnvelope("extra", strings.Repeat(`{"a":`, 200)+"1"+strings.Repeat("}", 200)), "event", LossItem},
		{"empty payload", header() + "\n" + item("event", ""), "event", LossItem},
		{"a list", header() + "\n" + item("event", "[]"), "event", LossItem},
		{"key twice", header() + "\n" + item("event", strings.Replace(event(), "{", `{"level":"info",`, 1)), "event", LossField},
		{"nil event id", eventEnvelope("event_id", quote(strings.Repeat("0", 32))), "event.event_id", LossItem},
		{"garbage event id", eventEnvelope("event_id", `"x"`), "event.event_id", LossItem},
		{"id unlike the header's", eventEnvelope("event_id", `"6b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2"`), "event.event_id", LossField},
		{"no event id", eventEnvelope("event_id", ""), "event", LossField},
		{"no timestamp", eventEnvelope("timestamp", ""), "event", LossField},
		{"no platform", eventEnvelope("platform", ""), "event", LossField},
		{"no sdk", eventEnvelope("sdk", ""), "event", LossField},
		{"level warn", eventEnvelope("level", `"warn"`), "event.level", LossField},
		{"level log", eventEnvelope("level", `"log"`), "event.level", LossField},
		{"level number", eventEnvelope("level", `3`), "event.level", LossField},
		{name: "level warning", body: eventEnvelope("level", `"warning"`)},
		{"release with slash", eventEnvelope("release", `"a/b"`), "event.release", LossField},
		{"release with backslash", eventEnvelope("release", `"a\\b"`), "event.release", LossField},
		{"release with LF", eventEnvelope("release", `"a\nb"`), "event.release", LossField},
		{"release of 201", eventEnvelope("release", long(201)), "event.release", LossField},
		{name: "release of 200", body: eventEnvelope("release", long(200))},
		{"release latest", eventEnvelope("release", `"Latest"`), "event.release", LossField},
		{"release with a space at its end", eventEnvelope("release", `"a "`), "event.release", LossField},
		{name: "release without package", body: eventEnvelope("release", `"1.4.2"`)},
		{"environment None", eventEnvelope("environment", `"None"`), "event.environment", LossField},
		{"environment of 65", eventEnvelope("environment", long(65)), "event.environment", LossField},
		{"environment with slash", eventEnvelope("environment", `"a/b"`), "event.environment", LossField},
		{"dist of 65", eventEnvelope("dist", long(65)), "event.dist", LossField},
		{"dist with a plus", eventEnvelope("dist", `"a+b"`), "event.dist", LossField},
		{"dist number", eventEnvelope("dist", `881`), "event.dist", LossField},
		{"dist without release", eventEnvelope("dist", `"1"`, "release", ""), "event.dist", LossField},
		{name: "250 frames", body: eventEnvelope("exception", frames(times(250, `{"function":"f"}`)))},
		{"251 frames", eventEnvelope("exception", frames(times(251, `{"function":"f"}`))), values + ".stacktrace.frames", LossField},
		{"mechanism without type", eventEnvelope("exception", mechanism(`{"handled":false}`)), values + ".mechanism", LossField},
		{"handled text", eventEnvelope("exception", mechanism(`{"type":"a","handled":"false"}`)), values + ".mechanism.handled", LossField},
		{"handled null", eventEnvelope("exception", mechanism(`{"type":"a","handled":null}`)), values + ".mechanism.handled", LossField},
		{name: "signal", body: eventEnvelope("exception", mechanism(`{"type":"signalhandler","handled":false,"synthetic":true,"meta":{"signal":{"number":11,"name":"SIGSEGV"}}}`))},
		{"unknown key in user", eventEnvelope("user", `{"id":"1","clan":"x"}`), "event.user.clan", LossField},
		{"user id number", eventEnvelope("user", `{"id":1}`), "event.user.id", LossField},
		{"address is none", eventEnvelope("user", `{"ip_address":"home"}`), "event.user.ip_address", LossField},
		{"unknown key in frame", eventEnvelope("exception", frames(`{"function":"f","line":1}`)), values + ".stacktrace.frames[0].line", LossField},
		{"unknown key in exception", eventEnvelope("exception", `{"values":[{"type":"x","message":"y"}]}`), values + ".message", LossField},
		{"unknown key in mechanism", eventEnvelope("exception", mechanism(`{"type":"a","x":1}`)), values + ".mechanism.x", LossField},
		{"unknown key in mechanism meta", eventEnvelope("exception", mechanism(`{"type":"a","meta":{"x":1}}`)), values + ".mechanism.meta.x", LossField},
		{"unknown key in thread", eventEnvelope("threads", `{"values":[{"id":1,"x":1}]}`), "event.threads.values[0].x", LossField},
		{"thread twice", eventEnvelope("threads", `{"values":[{"id":1},{"id":"1"}]}`), "event.threads", LossNone},
		{"frame of a thread with an unknown key", eventEnvelope("threads", `{"values":[{"id":1,"stacktrace":{"frames":[{"function":"f","x":1}]}}]}`), "event.threads.values[0].stacktrace.frames[0].x", LossField},
		{"thread without id", eventEnvelope("threads", `{"values":[{"name":"a"}]}`), "event.threads.values[0]", LossField},
		{"unknown key in sdk", eventEnvelope("sdk", `{"name":"krunk.go","version":"0.3.0","x":1}`), "event.sdk.x", LossField},
		{"sdk of another version", eventEnvelope("sdk", `{"name":"krunk.go","version":"0.4.0"}`), "event.sdk", LossNone},
		{"sdk null", eventEnvelope("sdk", "null"), "event.sdk", LossField},
		{"unknown key in stacktrace", eventEnvelope("exception", `{"values":[{"type":"x","stacktrace":{"frames":[],"x":1}}]}`), values + ".stacktrace.x", LossField},
		{"stacktrace without frames", eventEnvelope("exception", `{"values":[{"type":"x","stacktrace":{}}]}`), values + ".stacktrace", LossField},
		{"unknown key in breadcrumb", eventEnvelope("breadcrumbs", `{"values":[{"x":1}]}`), "event.breadcrumbs.values[0].x", LossField},
		{"unknown key in logentry", eventEnvelope("logentry", `{"formatted":"a","x":1}`), "event.logentry.x", LossField},
		{"logentry of nothing", eventEnvelope("logentry", `{}`), "event.logentry", LossField},
		{"context over 8 KiB", eventEnvelope("contexts", `{"big":{"a":`+long(8192)+`}}`), "event.contexts.big", LossField},
		{name: "context of 8 KiB", body: eventEnvelope("contexts", `{"big":{"a":`+long(8192-8)+`}}`)},
		{"context too deep", eventEnvelope("contexts", `{"d":{"a":[[[[[[[1]]]]]]]}}`), "event.contexts.d", LossField},
		{"context null", eventEnvelope("contexts", `{"d":null}`), "event.contexts.d", LossField},
		{"null in context", eventEnvelope("contexts", `{"d":{"a":null}}`), "event.contexts.d.a", LossField},
		{name: "null inside of a value", body: eventEnvelope("contexts", `{"d":{"a":[null,{"b":null}]}}`)},
		{"context is no object", eventEnvelope("contexts", `{"d":"x"}`), "event.contexts.d", LossField},
		{"trace context without span", eventEnvelope("contexts", `{"trace":{"trace_id":"`+testTrace+`"}}`), "event.contexts.trace", LossField},
		{"trace id of zeros", eventEnvelope("contexts", `{"trace":{"trace_id":"00000000000000000000000000000000","span_id":"7e57c0de7e57c0de"}}`), "event.contexts.trace.trace_id", LossField},
		{"span id too short", eventEnvelope("contexts", `{"trace":{"trace_id":"`+testTrace+`","span_id":"7e57"}}`), "event.contexts.trace.span_id", LossField},
		{"context by type", eventEnvelope("contexts", `{"mine":{"type":"gpu"}}`), "event.contexts.mine", LossField},
		{"sample rate 0", eventEnvelope("contexts", `{"error_sampling":{"client_sample_rate":0}}`), "event.contexts.error_sampling.client_sample_rate", LossField},
		{"memory as text", eventEnvelope("contexts", `{"device":{"name":"x","memory_size":"1"}}`), "event.contexts.device.memory_size", LossField},
		{"tag number", eventEnvelope("tags", `{"a":1.5}`), "event.tags.a", LossField},
		{"tag true", eventEnvelope("tags", `{"a":true}`), "event.tags.a", LossField},
		{"tag null", eventEnvelope("tags", `{"a":null}`), "event.tags.a", LossField},
		{"tag empty", eventEnvelope("tags", `{"a":""}`), "event.tags.a", LossField},
		{"tag with LF", eventEnvelope("tags", `{"a":"b\nc"}`), "event.tags.a", LossField},
		{"tag of 201", eventEnvelope("tags", `{"a":`+long(201)+`}`), "event.tags.a", LossField},
		{"tag key with space", eventEnvelope("tags", `{"a b":"c"}`), `event.tags["a b"]`, LossField},
		{"tag key release", eventEnvelope("tags", `{"release":"c"}`), "event.tags.release", LossField},
		{"tag key environment", eventEnvelope("tags", `{"environment":"c"}`), "event.tags.environment", LossField},
		{"101 tags", eventEnvelope("tags", manyTags(101)), "event.tags", LossField},
		{name: "100 tags", body: eventEnvelope("tags", manyTags(100))},
		{"tags null", eventEnvelope("tags", "null"), "event.tags", LossField},
		{"fingerprint float", eventEnvelope("fingerprint", `[1.5]`), "event.fingerprint[0]", LossField},
		{"fingerprint text", eventEnvelope("fingerprint", `"a"`), "event.fingerprint", LossField},
		{"1 MiB in extra", eventEnvelope("extra", `{"a":`+long(1<<20-2000)+`}`), "event.extra", LossField},
		{"extra over 16 KiB", eventEnvelope("extra", `{"a":`+long(16<<10)+`}`), "event.extra.a", LossField},
		{"event over 1 MiB", eventEnvelope("extra", `{"a":`+long(1<<20)+`}`), "event", LossEnvelope},
		{"timestamp null", eventEnvelope("timestamp", `null`), "event.timestamp", LossField},
		{"timestamp as text", eventEnvelope("timestamp", `"1790000000.5"`), "event.timestamp", LossField},
		{"timestamp in ms", eventEnvelope("timestamp", `1790000000000`), "event.timestamp", LossField},
		{name: "timestamp RFC 3339", body: eventEnvelope("timestamp", `"2026-09-21T14:13:21.004Z"`)},
		{"unknown top-level key", eventEnvelope("foo", `1`), "event.foo", LossField},
		{"server field", eventEnvelope("received", `1`), "event.received", LossField},
		{"type transaction", eventEnvelope("type", `"transaction"`), "event.type", LossField},
		{"exception of nothing", eventEnvelope("exception", `{"values":[{"module":"x"}]}`), values, LossField},
		{"exception bare list", eventEnvelope("exception", `[{"type":"x"}]`), "event.exception", LossNone},
		{"exception text", eventEnvelope("exception", `"x"`), "event.exception", LossField},
		{"exception value an object", eventEnvelope("exception", `{"values":[{"type":"x","value":{}}]}`), values + ".value", LossField},
		{"exception value too long", eventEnvelope("exception", `{"values":[{"type":"x","value":`+long(8193)+`}]}`), values + ".value", LossField},
		{"exception type too long", eventEnvelope("exception", `{"values":[{"type":`+long(257)+`}]}`), values + ".type", LossField},
		{"outermost not last", eventEnvelope("exception", `{"values":[{"type":"a","mechanism":{"type":"m","exception_id":0}},{"type":"b","mechanism":{"type":"m","exception_id":1,"parent_id":0}}]}`), values[:len("event.exception")], LossField},
		{name: "tree", body: eventEnvelope("exception", `{"values":[{"type":"a","mechanism":{"type":"chained","exception_id":1,"parent_id":0,"source":"errors[0]"}},{"type":"b","mechanism":{"type":"m","exception_id":0,"is_exception_group":true}}]}`)},
		{"parent unknown", eventEnvelope("exception", mechanism(`{"type":"m","exception_id":0,"parent_id":3}`)), "event.exception", LossField},
		{"frame without name", eventEnvelope("exception", frames(`{"module":"main"}`)), values + ".stacktrace.frames[0]", LossField},
		{"lineno 0", eventEnvelope("exception", frames(`{"function":"f","lineno":0}`)), values + ".stacktrace.frames[0].lineno", LossField},
		{"lineno 3.0", eventEnvelope("exception", frames(`{"function":"f","lineno":3.0}`)), values + ".stacktrace.frames[0].lineno", LossField},
		{"address number", eventEnvelope("exception", frames(`{"instruction_addr":1234}`)), values + ".stacktrace.frames[0].instruction_addr", LossField},
		{"address without 0x", eventEnvelope("exception", frames(`{"instruction_addr":"7f00"}`)), values + ".stacktrace.frames[0].instruction_addr", LossField},
		{"function number", eventEnvelope("exception", frames(`{"function":1}`)), values + ".stacktrace.frames[0].function", LossField},
		{"breadcrumbs out of order", eventEnvelope("breadcrumbs", `{"values":[{"timestamp":1790000001},{"timestamp":1790000000}]}`), "event.breadcrumbs.values[1].timestamp", LossNone},
		{"breadcrumb level warn", eventEnvelope("breadcrumbs", `{"values":[{"level":"warn"}]}`), "event.breadcrumbs.values[0].level", LossField},
		{"breadcrumb data a list", eventEnvelope("breadcrumbs", `{"values":[{"data":[]}]}`), "event.breadcrumbs.values[0].data", LossField},
		{"breadcrumb data over 2 KiB", eventEnvelope("breadcrumbs", `{"values":[{"data":{"a":`+long(2048)+`}}]}`), "event.breadcrumbs.values[0].data", LossField},
		{"debug image without address", eventEnvelope("debug_meta", `{"images":[{"type":"elf"}]}`), "event.debug_meta.images[0]", LossField},
		{name: "debug image", body: eventEnvelope("debug_meta", `{"images":[{"type":"elf","image_addr":"0x1000","debug_id":"33221100-5544-7766-8899-aabbccddeeff"}]}`)},
		{name: "modules", body: eventEnvelope("modules", `{"example.test/a":"v1.2.3"}`)},
		{"modules number", eventEnvelope("modules", `{"a":1}`), "event.modules.a", LossField},
		{"modules list", eventEnvelope("modules", `[]`), "event.modules", LossField},
		{name: "registers", body: eventEnvelope("exception", `{"values":[{"type":"x","stacktrace":{"frames":[{"function":"f"}],"registers":{"rip":"0x1F"}}}]}`)},
		{"runtime without name", eventEnvelope("contexts", `{"runtime":{"version":"1"}}`), "event.contexts.runtime", LossField},
		{"battery as text", eventEnvelope("contexts", `{"device":{"name":"x","battery_level":"full"}}`), "event.contexts.device.battery_level", LossField},
		{"contexts null", eventEnvelope("contexts", `null`), "event.contexts", LossField},
		{"tags pairs", eventEnvelope("tags", `[["a","b"]]`), "event.tags", LossNone},
		{"tag key of 201", eventEnvelope("tags", `{"`+strings.Repeat("k", 201)+`":"v"}`), "event.tags." + strings.Repeat("k", 60) + "…", LossField},
		{"params text", eventEnvelope("logentry", `{"message":"a","params":"x"}`), "event.logentry.params", LossField},
		{"debug id of bytes", eventEnvelope("debug_meta", `{"images":[{"type":"elf","image_addr":"0x1","debug_id":"abc"}]}`), "event.debug_meta.images[0].debug_id", LossField},
		{"exception id twice", eventEnvelope("exception", `{"values":[{"type":"a","mechanism":{"type":"m","exception_id":1}},{"type":"b","mechanism":{"type":"m","exception_id":1}}]}`), "event.exception", LossField},
		{"environment number", eventEnvelope("environment", `1`), "event.environment", LossField},
		{"release number", eventEnvelope("release", `1`), "event.release", LossField},
		{"logger with LF", eventEnvelope("logger", `"a\nb"`), "event.logger", LossField},
		{"sdk name of sentry", strings.ReplaceAll(eventEnvelope(), "krunk.go", "sentry.x"), "header.sdk.name", LossNone},
		{"sdk version with v", strings.ReplaceAll(strings.ReplaceAll(eventEnvelope(), `"0.3.0"`, `"v0.3"`), "}\n{", "}\n{"), "header.sdk.version", LossNone},
	}
	lintRows(t, rows)
}

func manyTags(n int) string {
	var pairs []string
	for i := range n {
		pairs = append(pairs, "t"+strings.Repeat("x", i%20)+string(rune('a'+i/20)), `"v"`)
	}
	return jsonObject(pairs...)
}

func TestEventNotes(t *testing.T) {
	for _, r := range []struct{ name, body, want string }{
		{"author", eventEnvelope("contexts", `{"game":{"author":"x"}}`), "[Filtered]"},
		{"token_count", eventEnvelope("breadcrumbs", `{"values":[{"data":{"token_count":1}}]}`), "[Filtered]"},
		{"release without package", eventEnvelope("release", `"1.4.2"`), "package@"},
		{"no release", eventEnvelope("release", ""), "without release"},
		{"old message", eventEnvelope("message", `"a"`), "strict mode"},
		{"sdk settings", eventEnvelope("sdk", `{"name":"krunk.go","version":"0.3.0","settings":{"infer_ip":"never"}}`), "sdk.settings"},
		{"long tag key", eventEnvelope("tags", `{"`+strings.Repeat("k", 33)+`":"v"}`), "32"},
		{"crashed thread with stack", eventEnvelope("threads", `{"values":[{"id":1,"crashed":true,"stacktrace":{"frames":[{"function":"f"}]}}]}`), "crashed thread"},
		{"two crashed threads", eventEnvelope("threads", `{"values":[{"id":1,"crashed":true},{"id":2,"crashed":true}]}`), "second thread that crashed"},
		{"exception of no thread", eventEnvelope("exception", `{"values":[{"type":"a","thread_id":3}]}`, "threads", `{"values":[{"id":1}]}`), "no thread of the event"},
		{"crashed thread of no exception", eventEnvelope("exception", `{"values":[{"type":"a"}]}`, "threads", `{"values":[{"id":1,"crashed":true}]}`), "no exception names"},
		{"no dsn", header("dsn", "") + "\n" + item("event", event()), "without dsn"},
		{"id no v4", strings.ReplaceAll(eventEnvelope(), testID, strings.Repeat("a", 32)), "UUIDv4"},
		{"log_item alone", reportEnvelope(`{"timestamp":1790000030,"discarded_events":[{"reason":"queue_overflow","category":"log_item","quantity":1}]}`), "log_byte"},
		{"log time as text", logEnvelope(record("timestamp", `"2026-09-21T14:13:21Z"`)), "text"},
		{"secret attribute", logEnvelope(record("attributes", `{"auth":{"value":1,"type":"integer"}}`)), "[Filtered]"},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := New(Options{AnyTime: true})
			post(t, s, r.body)
			s.Verify(t)
			var found bool
			for _, n := range s.Notes() {
				found = found || strings.Contains(n.What, r.want) || strings.Contains(n.Write, r.want)
			}
			if !found {
				t.Errorf("got notes %v, want one with %q", s.Notes(), r.want)
			}
		})
	}
}
