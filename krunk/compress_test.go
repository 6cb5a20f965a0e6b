package krunk_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// While the server is away, the default memory holds many times as many envelopes where they are compressed.
func TestCompressHoldsMore(t *testing.T) {
	waiting := func(pack transport.Compressor) (n int) {
		synctest.Test(t, func(t *testing.T) {
			c, err := krunk.Start(krunk.Config{
				DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Compress: pack, MaxRepeats: -1,
				Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
					return transport.Response{}, errors.New("no route to host")
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(0)
			for _, tag := range []string{"map", "mode", "store", "gpu", "platform"} {
				c.SetTag(tag, "value of "+tag)
			}
			for i := range 40 {
				c.Channel("net").Debug("the player did something", krunk.Int("step", i), krunk.Float64("x", float64(i)*1.37), krunk.String("where", "at the gate"))
			}
			for i := range 1000 {
				deep(12, uint(i), func() { c.Report(fmt.Errorf("tile %d of level %d is missing", i*7919%1000, i)) })
				if i%100 == 99 {
					synctest.Wait()
				}
			}
			n = c.Stats().Waiting
		})
		return n
	}
	plain, packed := waiting(nil), waiting(deflate.Items())
	t.Logf("%d wait as they are, %d compressed", plain, packed)
	if packed < 4*plain {
		t.Errorf("%d wait compressed, want four times the %d that wait as they are", packed, plain)
	}
}
