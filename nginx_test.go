//go:build unix

package krunk_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// The tests of this file put nginx in front of the strict endpoint, as most installations of Sentry do, and send through it
// over both transports: KRUNK_NGINX=/usr/sbin/nginx go test -count=1 -run TestNginx -v .

// nginxConf has a port for each thing that nginx does to a client.
var nginxConf = template.Must(template.New("nginx.conf").Parse(`
worker_processes 1;
daemon off;
pid {{.Dir}}/pid;
error_log {{.Dir}}/error.log info;
events { worker_connections 64; }
http {
	access_log {{.Dir}}/access.log;
	client_body_temp_path {{.Dir}}/body; proxy_temp_path {{.Dir}}/proxy; fastcgi_temp_path {{.Dir}}/f; uwsgi_temp_path {{.Dir}}/u; scgi_temp_path {{.Dir}}/s;
	ssl_certificate {{.Dir}}/cert.pem; ssl_certificate_key {{.Dir}}/key.pem;
	client_max_body_size 20m;
	proxy_http_version 1.1;
	server { listen {{index .Addr "plain"}}; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "old upstream"}}; location / { proxy_pass {{.Up}}; proxy_http_version 1.0; } }
	server { listen {{index .Addr "chunked"}}; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; location / { proxy_pass {{.Up}}; proxy_buffering off; add_header Trailer x; } }
	server { listen {{index .Addr "three requests a connection"}}; keepalive_requests 3; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "no keep-alive"}}; keepalive_timeout 0; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "TLS 1.2"}} ssl; ssl_protocols TLSv1.2; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "TLS 1.3"}} ssl; ssl_protocols TLSv1.3; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "TLS 1.3, three requests"}} ssl; ssl_protocols TLSv1.3; keepalive_requests 3; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "small"}}; client_max_body_size 1k; location / { proxy_pass {{.Up}}; } }
	server { listen {{index .Addr "down"}}; location / { proxy_pass http://127.0.0.1:1; } }
}
`))

// nginxNames are the ports; those that deliver come first.
var nginxNames = []string{
	"plain", "old upstream", "chunked", "three requests a connection", "no keep-alive", "TLS 1.2", "TLS 1.3", "TLS 1.3, three requests", "small", "down",
}

// nginx is one that runs for a test.
type nginx struct {
	dir  string
	addr map[string]string
	root []byte // PEM of its certificate
	proc *os.Process
}

func startNginx(t *testing.T, up string) *nginx {
	t.Helper()
	path := os.Getenv("KRUNK_NGINX")
	if path == "" {
		t.Skip("skipped: KRUNK_NGINX is not set; write the path of nginx, as in KRUNK_NGINX=/usr/sbin/nginx")
	}
	for range 5 {
		if g := tryNginx(t, path, up); g != nil {
			return g
		}
	}
	t.Fatal("nginx does not start")
	return nil
}

// tryNginx starts nginx on ports that are free, or returns nil: in between somebody else may have taken one.
func tryNginx(t *testing.T, path, up string) *nginx {
	t.Helper()
	g := &nginx{dir: t.TempDir(), addr: make(map[string]string)}
	var held []net.Listener // all at once, or a port might come twice
	for _, name := range nginxNames {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		g.addr[name] = l.Addr().String()
	}
	var conf bytes.Buffer
	if err := nginxConf.Execute(&conf, map[string]any{"Dir": g.dir, "Addr": g.addr, "Up": up}); err != nil {
		t.Fatal(err)
	}
	g.certificate(t)
	g.write(t, "nginx.conf", conf.Bytes())
	for _, l := range held {
		l.Close()
	}
	if !g.run(t, path) {
		return nil
	}
	return g
}

// run starts nginx and waits until it listens, or reports false. The end of the test ends it, and shows what it had to say if that failed.
func (g *nginx) run(t *testing.T, path string) bool {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(path, "-p", g.dir, "-e", filepath.Join(g.dir, "error.log"), "-c", filepath.Join(g.dir, "nginx.conf"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.proc = cmd.Process
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(g.dir, "error.log"))
			t.Logf("nginx: %s\n%s", said.Bytes(), log[max(0, len(log)-4000):])
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-ended:
			log, _ := os.ReadFile(filepath.Join(g.dir, "error.log"))
			t.Logf("nginx ended: %s\n%s", said.Bytes(), log[max(0, len(log)-1000):])
			return false
		default:
		}
		_, err := os.Stat(filepath.Join(g.dir, "pid")) // which is there once it listens; at its ports it may be somebody else who does
		if err == nil {
			return true
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not listen: %v", err)
		}
	}
}

func (g *nginx) write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate makes a self-signed one for 127.0.0.1.
func (g *nginx) certificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	g.root = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	g.write(t, "cert.pem", g.root)
	g.write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// dsn is that of srv through the port of that name.
func (g *nginx) dsn(srv *sentrytest.Server, name string) string {
	dsn := strings.Replace(srv.DSN(), strings.TrimPrefix(srv.URL(), "http://"), g.addr[name], 1)
	if strings.HasPrefix(name, "TLS") {
		dsn = strings.Replace(dsn, "http://", "https://", 1)
	}
	return dsn
}

// overHTTP are the transports of this module that know HTTP, with a root of their own.
func overHTTP(t *testing.T, root []byte) map[string]transport.Transport {
	t.Helper()
	one, err := http1.New(&http1.Config{Trust: http1.Trust{PEM: root, Only: true}})
	two, err2 := nethttp.New(&nethttp.Config{Trust: nethttp.Trust{PEM: root, Only: true}})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return map[string]transport.Transport{"http1": one, "nethttp": two}
}

// Whatever nginx does with its connections, and while it is told to read its configuration again, each event and record arrives
// once.
func TestNginxDelivers(t *testing.T) {
	srv := sentrytest.Start(sentrytest.Options{})
	defer srv.Close()
	g := startNginx(t, srv.URL())
	for _, name := range nginxNames[:8] {
		for over, tr := range overHTTP(t, g.root) {
			t.Run(name+"/"+over, func(t *testing.T) {
				srv.Reset()
				c, err := krunk.Start(krunk.Config{
					DSN: g.dsn(srv, name), Transport: tr, Compress: deflate.Items(), MaxRepeats: -1,
					Channels: map[string]krunk.Thresholds{"net": {Send: "info"}},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close(time.Minute)
				const events = 40
				for i := range events {
					c.Channel("net").Info("packet", krunk.Int("i", i))
					c.Report(fmt.Errorf("event %d", i))
					if i == events/2 {
						_ = g.proc.Signal(syscall.SIGHUP)
					}
					if i%4 == 0 && !c.Flush(time.Minute) {
						t.Fatalf("Flush timed out: %+v", c.Stats())
					}
				}
				if !c.Close(time.Minute) {
					t.Errorf("Close timed out: %+v", c.Stats())
				}
				if n, logs := len(srv.Events()), len(srv.Logs()); n != events || logs != events || srv.Duplicates() > 0 {
					t.Errorf("got %d events, %d twice, and %d log records, want %d of each, once: %+v", n, srv.Duplicates(), logs, events, c.Stats())
				}
				for _, f := range srv.Faults() {
					t.Errorf("fault: %v", f)
				}
			})
		}
	}
}

// What nginx answers by itself is an answer: its status reaches the client.
func TestNginxAnswers(t *testing.T) {
	srv := sentrytest.Start(sentrytest.Options{})
	defer srv.Close()
	g := startNginx(t, srv.URL())
	for _, tt := range []struct {
		name, port string
		body       int
		status     int
	}{
		{"too large", "small", 8 << 20, 413},
		{"a little too large", "small", 2000, 413},
		{"no upstream", "down", 100, 502},
		{"TLS on one side", "TLS 1.3", 100, 400},
	} {
		for over, tr := range overHTTP(t, g.root) {
			t.Run(tt.name+"/"+over, func(t *testing.T) {
				r := &transport.Request{URL: "http://" + g.addr[tt.port] + "/api/42/envelope/", Auth: "Sentry sentry_key=0123456789abcdef0123456789abcdef", Body: make([]byte, tt.body)}
				for range 3 { // what is left of the last one is not taken for the answer
					a, err := tr.Send(t.Context(), r)
					if err != nil || a.Status != tt.status || !strings.HasPrefix(a.ContentType, "text/html") {
						t.Errorf("got %+v, %v; want status %d with a page", a, err, tt.status)
					}
				}
			})
		}
	}
}
