package sampling

// Cautious returns a policy for Options.Default that is safe for a whole population on launch day: panics of everybody,
// errors of 10 % of the clients, at most 10 an hour each, nothing else. 500,000 clients then send at most 139 events a
// second beside panics. A policy with "expires" falls back to it instead of to everybody. What a policy does not state stays
// as it is here: "clients" 100 alone, or a channel's "send" with a "rate" of its own, is still 10 an hour of each client. A
// policy that is to bring more states a "rate" for "*", which all channels share. The bytes are owned by the caller.
func Cautious() []byte {
	return []byte(`{"krunk":1,"version":1,"clients":10,"channels":{"*":{"send":"off","issue":"error","rate":"10/h"}}}`)
}
