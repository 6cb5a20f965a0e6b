package main

import (
	"errors"
	"sync"
	"time"
)

// console stands for the HTTP of a console's SDK: requests are numbers, nothing blocks, and one asks whether they are done.
type console struct {
	network func(url string, header map[string]string, body []byte) (status int, answer map[string]string, err error)

	mu       sync.Mutex
	last     int
	requests map[int]*request // guarded by mu
}

type request struct {
	url            string
	header, answer map[string]string
	status         int
	err            error
	done           chan struct{} // closed when there is an answer or an error
}

func (c *console) open(method, url string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = make(map[int]*request)
	}
	c.last++
	c.requests[c.last] = &request{url: url, header: make(map[string]string), done: make(chan struct{})}
	if method != "POST" {
		c.requests[c.last].err = errors.New("console: no such method: " + method)
	}
	return c.last
}

func (c *console) request(h int) *request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[h]
}

// close waits until the system has let go of the body.
func (c *console) close(h int) {
	<-c.request(h).done
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.requests, h)
}

func (c *console) set(h int, name, value string) {
	if value != "" {
		c.request(h).header[name] = value
	}
}

func (c *console) start(h int, body []byte) {
	r := c.request(h)
	//krunk:allow go it is the console's SDK, which knows nothing of krunk
	go func() {
		defer close(r.done)
		time.Sleep(20 * time.Millisecond)
		if r.err == nil {
			r.status, r.answer, r.err = c.network(r.url, r.header, body)
		}
	}()
}

func (c *console) finished(h int) bool {
	select {
	case <-c.request(h).done:
		return true
	default:
		return false
	}
}

func (c *console) status(h int) int { return c.request(h).status }

func (c *console) get(h int, name string) string { return c.request(h).answer[name] }

func (c *console) err(h int) error { return c.request(h).err }
