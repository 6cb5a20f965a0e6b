package protocol

// Category is a quota category of the server.
type Category uint8

// The categories that Krunk sends. CategoryAll stands for a limit on everything.
const (
	CategoryAll Category = iota
	CategoryError
	CategoryLogItem
	CategoryLogByte
	CategorySession
	CategoryAttachment
	CategoryAttachmentItem
	CategoryFeedback
	CategoryInternal // client reports; no server knows it by name
	Categories       = 9
)

// String returns the server's name for c; "" for CategoryAll and for what is no Category.
func (c Category) String() string {
	if c >= Categories {
		return ""
	}
	return [Categories]string{"", "error", "log_item", "log_byte", "session", "attachment", "attachment_item", "feedback", "internal"}[c]
}

func parseCategory(s string) (Category, bool) {
	for c := CategoryError; c < Categories; c++ {
		if c.String() == s {
			return c, true
		}
	}
	return 0, false
}

// Reason says why something was discarded. Servers know these names and no others.
type Reason uint8

// The reasons of client reports.
const (
	ReasonQueueOverflow  Reason = iota // the ring was full
	ReasonBufferOverflow               // the outbox was full
	ReasonCacheOverflow
	ReasonRateLimitBackoff
	ReasonNetworkError
	ReasonSendError
	ReasonSampleRate
	ReasonBeforeSend
	ReasonIgnored
	ReasonInvalid
	ReasonBackpressure
	ReasonInternalSDKError
	ReasonEventProcessor
	ReasonInsufficientData
	Reasons = 14
)

// String returns the name in client reports; "" for what is no Reason.
func (r Reason) String() string {
	if r >= Reasons {
		return ""
	}
	return [Reasons]string{
		"queue_overflow", "buffer_overflow", "cache_overflow", "ratelimit_backoff", "network_error", "send_error", "sample_rate",
		"before_send", "ignored", "invalid", "backpressure", "internal_sdk_error",
		"event_processor", "insufficient_data",
	}[r]
}

// Discard is a number of things that were dropped for one reason.
type Discard struct {
	Reason   Reason
	Category Category
	Quantity uint64
}

// EventLevel returns the name of a level in events and breadcrumbs; it is "warning" there.
func EventLevel(level int) string {
	switch {
	case level >= 12:
		return "fatal"
	case level >= 8:
		return "error"
	case level >= 4:
		return "warning"
	case level >= 0:
		return "info"
	}
	return "debug"
}

// LogLevel returns the name of a level in log records, where it is "warn", and OpenTelemetry's number: 1 trace, 5 debug, 9
// info, 13 warn, 17 error, 21 fatal, levels in between in between.
func LogLevel(level int) (name string, severity int) {
	severity = min(max(level+9, 1), 24)
	return [...]string{"trace", "debug", "info", "warn", "error", "fatal"}[(severity-1)/4], severity
}
