package deflate

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"testing"
)

// Python's gzip, and its zlib, which Sentry and Bugsink use, read what Join makes.
func TestPythonReadsIt(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("not read by Python: there is no python3 on this machine")
	}
	const script = `
import gzip, struct, sys, zlib
data, out = sys.stdin.buffer.read(), sys.stdout.buffer
while data:
    n, = struct.unpack("<I", data[:4])
    body, data = data[4:4+n], data[4+n:]
    z = zlib.decompressobj(31)
    plain = z.decompress(body) + z.flush()
    assert z.eof and not z.unused_data and plain == gzip.decompress(body)
    out.write(struct.pack("<I", len(plain)) + plain)
`
	var in, want bytes.Buffer
	add := func(b *bytes.Buffer, text []byte) {
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
		b.Write(text)
	}
	c := Items()
	for _, tt := range kinds {
		packed, at, ok := c.Pack(nil, tt.item, tt.cut)
		if !ok {
			continue
		}
		for _, head := range [][]byte{nil, text(400), noise(65536)} {
			body, _ := c.Join(nil, head, packed, "", head)
			add(&in, body)
			add(&want, join(head, tt.item, head))
			if at > 0 {
				body, _ = c.Join(nil, head, packed[:at], "", nil)
				add(&in, body)
				add(&want, join(head, tt.item[:tt.cut]))
			}
		}
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	got, err := cmd.Output()
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("Python reads %d bytes, want the %d that were sent (error %v): %s", len(got), want.Len(), err, &stderr)
	}
}
