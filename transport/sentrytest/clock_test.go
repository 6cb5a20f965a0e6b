package sentrytest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const day = 24 * time.Hour

func TestClockRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		stamp := func(d time.Duration) string { return quote(now.Add(d).UTC().Format(time.RFC3339Nano)) }
		unix := func(d time.Duration) string { return fmt.Sprintf("%d.5", now.Add(d).Unix()) }
		sent := func(d time.Duration) string { return header("sent_at", stamp(d)) + "\n" }
		ev := func(d time.Duration) string { return sent(0) + item("event", event("timestamp", unix(d))) }
		logs := func(d time.Duration) string {
			return plain("sent_at", stamp(0)) + "\n" + logItem(record("timestamp", unix(d)))
		}
		session := func(d time.Duration) string {
			return plain("sent_at", stamp(0)) + "\n" + item("session", `{"sid":"0f6a2c1e-7d0b-4c53-9f0e-5a1f8e2b6c77","did":"u","init":true,"started":`+stamp(d)+`,"attrs":{"release":"a@1"}}`)
		}
		report := func(d time.Duration) string {
			return plain("sent_at", stamp(0)) + "\n" + item("client_report", `{"timestamp":`+unix(d)+`,"discarded_events":[{"reason":"send_error","category":"error","quantity":1}]}`)
		}
		for _, r := range []row{
			{name: "now", body: ev(0)},
			{name: "event 30 days old", body: ev(-30 * day)},
			{"event 100 days old", ev(-100 * day), "event.timestamp", LossField},
			{"event two minutes ahead", ev(2 * time.Minute), "event.timestamp", LossField},
			{"sent_at two hours off", sent(-2*time.Hour) + item("event", event("timestamp", unix(0))), "header.sent_at", LossField},
			{name: "sent_at half an hour off", body: sent(-30*time.Minute) + item("event", event("timestamp", unix(0)))},
			{"log over 90 days old", logs(-91 * day), "log.items[0].timestamp", LossItem},
			{name: "log a day ahead", body: logs(day)},
			{"session over 5 days old", session(-5*day - time.Minute), "session.started", LossItem},
			{name: "session of 4 days", body: session(-4 * day)},
			{"report over 90 days old", report(-91 * day), "client_report.timestamp", LossItem},
			{"report ahead", report(time.Hour), "client_report.timestamp", LossItem},
		} {
			faults := Lint(Options{}, []byte(r.body))
			switch {
			case r.where == "" && len(faults) > 0:
				t.Errorf("%s: got %v, want no fault", r.name, faults)
			case r.where != "" && (len(faults) != 1 || faults[0].Where != r.where || faults[0].Loss != r.loss):
				t.Errorf("%s: got %v, want one at %s that loses %v", r.name, faults, r.where, r.loss)
			}
		}
	})
}
