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

// CodeCount is how many there are.
const CodeCount = 5

// Codes lists them. A server knows one by its index.
func Codes() [CodeCount]string {
	return [...]string{CodeConflict, CodeSignature, CodeExpired, CodeEndless, CodeOther}
}
