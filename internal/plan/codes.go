package plan

// Codes under which a client tells its server why it refused a document, beside the rows of the validation table ("E06"). Client
// and server read this one table.
const (
	CodeConflict  = "conflict"
	CodeSignature = "signature"
	CodeExpired   = "expired"
	CodeEndless   = "endless"
	CodeOther     = "other"
)

// Codes lists them; immutable. A server knows one by its index.
var Codes = [...]string{CodeConflict, CodeSignature, CodeExpired, CodeEndless, CodeOther}
