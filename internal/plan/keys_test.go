package plan

import (
	"strconv"
	"testing"
)

func TestKeys(t *testing.T) {
	var k Keys
	for i := range 10_000 {
		if key := strconv.Itoa(i); !k.Add(key) || k.Add(key) {
			t.Fatalf("key %d: want new, and then known", i)
		}
	}
	for i := range 10_000 {
		if k.Add(strconv.Itoa(i)) {
			t.Fatalf("key %d was forgotten", i)
		}
	}
	// No key is looked for along a row that grows with the number of keys, as in a list of them.
	row, longest := 0, 0
	for _, h := range k.table {
		if row++; h == 0 {
			row = 0
		}
		longest = max(longest, row)
	}
	if longest > 200 {
		t.Errorf("%d keys stand behind each other, of %d", longest, k.N)
	}
}

// BenchmarkKeys reads a document of 64 KiB that is nothing but members which nobody knows.
func BenchmarkKeys(b *testing.B) {
	doc := []byte(`{"krunk":1,"version":1`)
	for i := 0; len(doc) < MaxDocument-20; i++ {
		doc = append(doc, `,"`+strconv.Itoa(i)+`":1`...)
	}
	doc = append(doc, '}')
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, fault := Parse(doc); fault.Code != "" {
			b.Fatal(fault)
		}
	}
}
