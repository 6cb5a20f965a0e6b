package sentrytest

import (
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

func TestEnvelopeRows(t *testing.T) {
	const about = `{"feedback":{"message":"stuck","contact_email":"a@b.test","name":"a","url":"https://a","associated_event_id":"6b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2"}}`
	ask := func(contexts string) string { return header() + "\n" + item("feedback", event("contexts", contexts)) }
	att := func(pairs ...string) string { return item("attachment", "seed=77\n", pairs...) }
	ev := eventEnvelope()
	head := header() + "\n"
	lintRows(t, []row{
		{name: "no final LF", body: strings.TrimSuffix(ev, "\n")},
		{"item without length", head + item("event", event(), "length", ""), "items", LossNone},
		{"blank line between items", ev + "\n" + att("filename", `"a"`), "items", LossNone},
		{"blank line at the end", ev + "\n", "items", LossEnvelope},
		{"header and a blank line", head + "\n", "items", LossEnvelope},
		{"unknown header key", header("foo", "1") + "\n" + item("event", event()), "header.foo", LossNone},
		{"unknown item header key", head + item("event", event(), "foo", "1"), "item header", LossNone},
		{"unknown item type", plain() + "\n" + item("foo", "{}"), "foo", LossItem},
		{"transaction", plain() + "\n" + item("transaction", "{}"), "transaction", LossItem},
		{"CRLF", strings.ReplaceAll(ev, "\n", "\r\n"), "header", LossEnvelope},
		{"CR after the payload", strings.Replace(ev, "}\n", "}\r\n", 3), "header", LossEnvelope},
		{"length too small", head + item("event", event(), "length", "5"), "items", LossEnvelope},
		{"length too large", head + item("event", event(), "length", "5000"), "items", LossEnvelope},
		{"length text", head + item("event", event(), "length", `"5"`), "items", LossEnvelope},
		{"length negative", head + item("event", event(), "length", "-1"), "items", LossEnvelope},
		{"empty body", "", "header", LossEnvelope},
		{"header no JSON", "hello\n", "header", LossEnvelope},
		{"header a list", "[]\n", "header", LossEnvelope},
		{"header not UTF-8", "{\"\xff\":1}\n", "header", LossEnvelope},
		{"item header a list", head + "[]\n{}\n", "items", LossEnvelope},
		{"item without type", head + item("event", event(), "type", ""), "items", LossEnvelope},
		{"item header key twice", head + strings.Replace(item("event", event()), `{"type"`, `{"type":"event","type"`, 1), "items", LossEnvelope},
		{"event id empty", header("event_id", `""`) + "\n" + item("event", event()), "header.event_id", LossEnvelope},
		{"event id garbage", header("event_id", `"x"`) + "\n" + item("event", event()), "header.event_id", LossEnvelope},
		{"event id null", header("event_id", `null`) + "\n" + item("event", event()), "header.event_id", LossEnvelope},
		{"event id with dashes", header("event_id", `"5b0d7e0c-1f4a-4c2e-9a61-d1f0c3b7a9e2"`) + "\n" + item("event", event("event_id", `"5b0d7e0c-1f4a-4c2e-9a61-d1f0c3b7a9e2"`)), "header.event_id", LossNone},
		{"sent_at garbage", header("sent_at", `"x"`) + "\n" + item("event", event()), "header.sent_at", LossEnvelope},
		{"sent_at number", header("sent_at", `1790000000`) + "\n" + item("event", event()), "header.sent_at", LossEnvelope},
		{"sent_at twice", strings.Replace(ev, `"sent_at"`, `"sent_at":"2026-09-21T14:13:21Z","sent_at"`, 1), "header", LossEnvelope},
		{"sent_at with offset", header("sent_at", `"2026-09-21T14:13:21+02:00"`) + "\n" + item("event", event()), "header.sent_at", LossField},
		{"no sent_at", header("sent_at", "") + "\n" + item("event", event()), "header", LossNone},
		{"no sdk in header", header("sdk", "") + "\n" + item("event", event()), "header", LossNone},
		{"dsn of another key", header("dsn", `"https://x@h/42"`) + "\n" + item("event", event()), "header.dsn", LossEnvelope},
		{"dsn of another project", header("dsn", quote("https://"+defaultKey+"@h/43")) + "\n" + item("event", event()), "header.dsn", LossEnvelope},
		{"dsn garbage", header("dsn", `"x"`) + "\n" + item("event", event()), "header.dsn", LossEnvelope},
		{"two events", ev + item("event", event()), "header", LossEnvelope},
		{"two log containers", logEnvelope(record()) + logItem(record()), "header", LossEnvelope},
		{"101 sessions", plain() + "\n" + strings.Repeat(item("session", "{}"), 101), "header", LossEnvelope},
		{"event without id in header", plain() + "\n" + item("event", event()), "header", LossItem},
		{"attachment without id in header", plain() + "\n" + att("filename", `"a"`), "header", LossItem},
		{"attachment without file name", ev + att(), "attachment", LossNone},
		{"attachment of an unknown type", ev + att("filename", `"a"`, "content_type", `"a/b"`, "attachment_type", `"event.save"`), "attachment", LossField},
		{name: "feedback", body: ask(about)},
		{name: "feedback with an attachment", body: ask(about) + att("filename", `"a"`, "content_type", `"a/b"`)},
		{"feedback without its context", ask(`{"os":{"name":"a"}}`), "feedback", LossItem},
		{"feedback without a message", ask(`{"feedback":{"name":"a"}}`), "feedback.contexts.feedback", LossField},
		{"feedback with an empty message", ask(`{"feedback":{"message":""}}`), "feedback.contexts.feedback.message", LossItem},
		{"feedback over 4096", ask(`{"feedback":{"message":"` + strings.Repeat("a", 4097) + `"}}`), "feedback.contexts.feedback.message", LossItem},
		{"feedback with an unknown key", ask(`{"feedback":{"message":"a","email":"b"}}`), "feedback.contexts.feedback.email", LossField},
		{"feedback about itself", ask(`{"feedback":{"message":"a","associated_event_id":"` + testID + `"}}`), "feedback", LossField},
		{"feedback about no id", ask(`{"feedback":{"message":"a","associated_event_id":"x"}}`), "feedback.contexts.feedback.associated_event_id", LossField},
		{"feedback beside an event", ev + item("feedback", event("contexts", about)), "header", LossEnvelope},
		{"two feedbacks", ask(about) + item("feedback", event("contexts", about)), "header", LossEnvelope},
		{"feedback without id in header", plain() + "\n" + item("feedback", event("contexts", about)), "header", LossItem},
		{name: "30 attachments", body: ev + strings.Repeat(att("filename", `"a"`, "content_type", `"a/b"`, "attachment_type", `"event.attachment"`), 30)},
		{"31 attachments", ev + strings.Repeat(att("filename", `"a"`, "content_type", `"a/b"`), 31), "header", LossEnvelope},
		{name: "event and attachment", body: ev + att("filename", `"a.txt"`, "content_type", `"text/plain"`)},
		{"id in header of logs", header() + "\n" + logItem(record()), "header", LossNone},
		{"event and logs", ev + logItem(record()), "header", LossNone},
		{"no items", plain() + "\n", "header", LossNone},
		{"trace garbage", header("trace", `"x"`) + "\n" + item("event", event()), "header.trace", LossField},
		{"trace without key", header("trace", `{"trace_id":"`+testTrace+`"}`) + "\n" + item("event", event()), "header.trace", LossField},
		{"trace of another key", header("trace", `{"trace_id":"`+testTrace+`","public_key":"x"}`) + "\n" + item("event", event()), "header.trace.public_key", LossField},
		{"trace with sample_rate", header("trace", `{"trace_id":"`+testTrace+`","public_key":"`+defaultKey+`","sample_rate":"1"}`) + "\n" + logItem(record()), "header.trace.sample_rate", LossField},
		{"trace over logs of another", plain("trace", `{"trace_id":"`+testTrace+`","public_key":"`+defaultKey+`"}`) + "\n" + logItem(record("trace_id", quote(testID))), "header.trace.trace_id", LossField},
		{name: "trace over its logs", body: plain("trace", `{"trace_id":"`+testTrace+`","public_key":"`+defaultKey+`"}`) + "\n" + logItem(record())},
		{"header line over 8 KiB", header("trace", `{"a":"`+strings.Repeat("x", 8192)+`"}`) + "\n", "header", LossEnvelope},
		{"gzip without encoding", "\x1f\x8b\x08", "header", LossEnvelope},
		{"1001 items", head + strings.Repeat(att("filename", `"a"`), 1001), "items", LossEnvelope},
	})
}

func TestLogRows(t *testing.T) {
	attr := func(a string) string { return logEnvelope(record("attributes", `{"a":`+a+`}`)) }
	const rec, a = "log.items[0]", "log.items[0].attributes.a"
	container := func(payload string, pairs ...string) string {
		return plain() + "\n" + item("log", payload, append([]string{"item_count", "1", "content_type", quote(sentryrules.LogType)}, pairs...)...)
	}
	one := `{"items":[` + record() + `]}`
	lintRows(t, []row{
		{name: "plain", body: logEnvelope(record(), record("severity_number", "13", "span_id", `"7e57c0de7e57c0de"`))},
		{"no body", logEnvelope(record("body", "")), rec, LossItem},
		{"no level", logEnvelope(record("level", "")), rec, LossItem},
		{"no timestamp", logEnvelope(record("timestamp", "")), rec, LossItem},
		{"no trace id", logEnvelope(record("trace_id", "")), rec, LossItem},
		{"level number", logEnvelope(record("level", "3")), rec + ".level", LossItem},
		{"timestamp in ms", logEnvelope(record("timestamp", "1790000000000")), rec + ".timestamp", LossItem},
		{"body number", logEnvelope(record("body", "3")), rec + ".body", LossItem},
		{"unknown key", logEnvelope(record("x", "3")), rec + ".x", LossField},
		{"item_count absent", container(one, "item_count", ""), "log", LossItem},
		{"item_count wrong", container(one, "item_count", "2"), "log", LossItem},
		{"content type absent", container(one, "content_type", ""), "log", LossItem},
		{"content type plain JSON", container(one, "content_type", `"application/json"`), "log", LossItem},
		{"bare list", container(`[` + record() + `]`), "log", LossItem},
		{"null record", container(`{"items":[null]}`), "log.items[0]", LossItem},
		{name: "version 2", body: container(`{"version":2,"ingest_settings":{"infer_ip":"never"},"items":[` + record() + `]}`)},
		{"unknown container key", container(`{"x":2,"items":[` + record() + `]}`), "log.x", LossField},
		{"3.0 as integer", attr(`{"value":3.0,"type":"integer"}`), a, LossField},
		{"text as integer", attr(`{"value":"3","type":"integer"}`), a, LossField},
		{"1 as boolean", attr(`{"value":1,"type":"boolean"}`), a, LossField},
		{"over int64", attr(`{"value":9223372036854775808,"type":"integer"}`), a, LossField},
		{name: "int64", body: attr(`{"value":-9223372036854775808,"type":"integer"}`)},
		{"no type", attr(`{"value":1}`), a, LossField},
		{"no value", attr(`{"type":"string"}`), a, LossField},
		{"unknown type", attr(`{"value":1,"type":"long"}`), a, LossField},
		{"object value", attr(`{"value":{},"type":"string"}`), a, LossField},
		{"plain value", attr(`1`), a, LossField},
		{"null value", attr(`{"value":null,"type":"string"}`), a, LossField},
		{name: "array", body: attr(`{"type":"array","value":["a","b"]}`)},
		{"array of two kinds", attr(`{"type":"array","value":["a",1]}`), a, LossField},
		{name: "unit", body: attr(`{"value":41.7,"type":"double","unit":"millisecond"}`)},
		{"attributes a list", logEnvelope(record("attributes", `[]`)), "log.items[0].attributes", LossField},
		{"attribute without name", logEnvelope(record("attributes", `{"":{"value":1,"type":"integer"}}`)), "log.items[0].attributes.", LossField},
		{"array not a list", attr(`{"type":"array","value":"a"}`), a, LossField},
		{"attribute with other key", attr(`{"value":1,"type":"integer","x":1}`), a, LossField},
		{"trace id of zeros", logEnvelope(record("trace_id", quote(strings.Repeat("0", 32)))), rec + ".trace_id", LossField},
		{"trace id garbage", logEnvelope(record("trace_id", `"x"`)), rec + ".trace_id", LossItem},
		{"record over 2 MiB", logEnvelope(record("body", quote(strings.Repeat("x", 2<<20)))), "log", LossEnvelope},
		{name: "100 records", body: logEnvelope(strings.Split(strings.Repeat(record()+"\n", 99)+record(), "\n")...)},
		{"101 records", logEnvelope(strings.Split(strings.Repeat(record()+"\n", 100)+record(), "\n")...), "log", LossNone},
		{"level warning", logEnvelope(record("level", `"warning"`)), rec + ".level", LossField},
		{"sequence of text", logEnvelope(record("attributes", `{"sentry.timestamp.sequence":{"value":"1","type":"string"}}`)), `log.items[0].attributes["sentry.timestamp.sequence"]`, LossField},
		{name: "sequence", body: logEnvelope(record("attributes", `{"sentry.timestamp.sequence":{"value":1,"type":"integer"}}`))},
		{"sdk attribute unlike", logEnvelope(record("attributes", `{"sentry.sdk.version":{"value":"9.9.9","type":"string"}}`)), `log.items[0].attributes["sentry.sdk.version"]`, LossNone},
		{"second record", logEnvelope(record(), record("body", "")), "log.items[1]", LossItem},
	})
}

func TestReportRows(t *testing.T) {
	entry := func(pairs ...string) string {
		return reportEnvelope(`{"timestamp":1790000030,"discarded_events":[` + with([]string{"reason", `"queue_overflow"`, "category", `"error"`, "quantity", "12"}, pairs) + `]}`)
	}
	const first = "client_report.discarded_events[0]"
	lintRows(t, []row{
		{name: "plain", body: entry()},
		{name: "beside an event", body: eventEnvelope() + item("client_report", `{"timestamp":1790000030,"discarded_events":[{"reason":"send_error","category":"error","quantity":1}]}`)},
		{"category unknown", entry("category", `"errors"`), first + ".category", LossItem},
		{"reason over 200", entry("reason", quote(strings.Repeat("x", 201))), first + ".reason", LossItem},
		{"reason unknown", entry("reason", `"bad_luck"`), first + ".reason", LossNone},
		{"no reason", entry("reason", ""), first, LossItem},
		{"quantity negative", entry("quantity", "-1"), first + ".quantity", LossItem},
		{"quantity 0", entry("quantity", "0"), first + ".quantity", LossItem},
		{"quantity fraction", entry("quantity", "1.5"), first + ".quantity", LossItem},
		{"no list", reportEnvelope(`{"timestamp":1790000030}`), "client_report", LossItem},
		{"list null", reportEnvelope(`{"timestamp":1790000030,"discarded_events":null}`), "client_report.discarded_events", LossItem},
		{name: "empty list", body: reportEnvelope(`{"timestamp":1790000030,"discarded_events":[]}`)}, // Client.Probe; worth a note alone
		{"relay's list", reportEnvelope(`{"timestamp":1790000030,"filtered_events":[],"discarded_events":[{"reason":"send_error","category":"error","quantity":1}]}`), "client_report.filtered_events", LossField},
		{"over 4 KiB", reportEnvelope(`{"discarded_events":[` + times(90, `{"reason":"queue_overflow","category":"error","quantity":12}`) + `]}`), "client_report", LossEnvelope},
	})
}

func TestSessionRows(t *testing.T) {
	lintRows(t, []row{
		{name: "plain", body: sessionEnvelope()},
		{name: "beside its event", body: eventEnvelope() + strings.SplitN(sessionEnvelope("status", `"crashed"`, "errors", "1"), "\n", 2)[1]},
		{"attrs absent", sessionEnvelope("attrs", ""), "session", LossItem},
		{"release absent", sessionEnvelope("attrs", "{}"), "session.attrs", LossItem},
		{"release with slash", sessionEnvelope("attrs", `{"release":"a/b"}`), "session.attrs.release", LossItem},
		{"started absent", sessionEnvelope("started", ""), "session", LossItem},
		{"started float", sessionEnvelope("started", "1790000000.5"), "session.started", LossItem},
		{"errors negative", sessionEnvelope("errors", "-1"), "session.errors", LossItem},
		{"seq fraction", sessionEnvelope("seq", "1.5"), "session.seq", LossItem},
		{"duration negative", sessionEnvelope("duration", "-1"), "session.duration", LossItem},
		{"init text", sessionEnvelope("init", `"true"`), "session.init", LossItem},
		{"status null", sessionEnvelope("status", "null"), "session.status", LossItem},
		{"timestamp null", sessionEnvelope("timestamp", "null"), "session.timestamp", LossItem},
		{"sid garbage", sessionEnvelope("sid", `"x"`), "session.sid", LossItem},
		{"status unknown", sessionEnvelope("status", `"gone"`), "session.status", LossField},
		{"mechanism without abnormal", sessionEnvelope("abnormal_mechanism", `"none"`), "session", LossField},
		{"timestamp before started", sessionEnvelope("timestamp", `"2026-09-21T13:59:59Z"`), "session", LossField},
		{"duration too long", sessionEnvelope("timestamp", `"2026-09-21T14:00:10Z"`, "duration", "12"), "session", LossField},
		{name: "duration without the background", body: sessionEnvelope("timestamp", `"2026-09-21T14:00:10Z"`, "duration", "3")},
		{"crashed without errors", sessionEnvelope("status", `"crashed"`), "session", LossNone},
	})
}
