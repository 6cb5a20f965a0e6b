package policyserver

// jsonPull is a request for a flight log.
type jsonPull struct {
	ID string `json:"id"`
}
