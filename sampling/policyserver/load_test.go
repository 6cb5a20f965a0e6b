package policyserver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkLoopback304 answers over TCP on loopback, the load generator in the same process: 16 connections with
// keep-alive, each sending a request and reading the answer before the next one. It reports requests per second.
func BenchmarkLoopback304(b *testing.B) {
	s := serving(b, Options{})
	srv := httptest.NewServer(s)
	defer srv.Close()
	request := fmt.Sprintf("GET /policy HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\nKrunk-Policy: have=3.1187\r\n\r\n", s.current.Load().tag)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		wg.Go(func() {
			if err := hammer(srv.Listener.Addr().String(), request, &left); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// hammer speaks so much HTTP as an answer without a body needs.
func hammer(addr, request string, left *atomic.Int64) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for left.Add(-1) >= 0 {
		if _, err := io.WriteString(c, request); err != nil {
			return err
		}
		for first := true; ; first = false {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if first && string(line) != "HTTP/1.1 304 Not Modified\r\n" {
				return fmt.Errorf("answer %q", line)
			}
			if len(line) == 2 {
				break
			}
		}
	}
	return nil
}
