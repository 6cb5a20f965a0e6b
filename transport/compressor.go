package transport

// Compressor makes items of envelopes short before they wait for their turn, so that more of them find room, and makes requests of them
// without taking them apart again. deflate.Items returns one; what the packed form is, is its own business. Its methods are safe for
// concurrent use, retain nothing, and append to dst, which must not overlap the rest.
type Compressor interface {
	// Form returns the number by which the packed form is known where an item outlives its process, never 0; the Content-Encoding
	// of what Join makes; and how many bytes of memory Pack needs while it works.
	Form() (number uint8, contentEncoding string, memory int)

	// Pack appends the packed form of an item: a line that ends in a line feed, and what follows it. Where cut is not 0, what begins
	// there can be left off later: the packed form up to at is that of item[:cut]. It returns false, and dst as it was, for an item that
	// is too short or would not get shorter by an eighth.
	Pack(dst, item []byte, cut int) (packed []byte, at int, ok bool)

	// Size returns how long the item is, 0 if packed is no packed form.
	Size(packed []byte) int

	// Join appends a request: head, the packed item, and tail. Where end is not empty, the item is an event that ends in it, a line feed
	// included, with the line that such an event has. It returns false if packed is no packed form.
	Join(dst, head, packed []byte, end string, tail []byte) (body []byte, ok bool)

	// Unpack appends the item, or returns false if packed is no packed form, or one of more than a mebibyte.
	Unpack(dst, packed []byte) (item []byte, ok bool)
}
