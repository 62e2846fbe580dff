package honeypot

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// soon is the deadline of what ought to happen at once.
const soon = 20 * time.Second

// A trap is a honeypot that a test plays with.
type trap struct {
	t      *testing.T
	set    *Set
	addr   string
	log    string
	events chan Event
	served chan error
}

// quiet drops what is logged.
// services are what a honeypot can play.
var services = []string{"ftp", "http", "ssh", "tcp", "telnet"}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// play serves a honeypot on loopback until the end of the test.
func play(t *testing.T, service string, change func(*Config)) *trap {
	t.Helper()
	c := setting.New[Config]()
	c.Service, c.Listen, c.HostKeyFile = service, "127.0.0.1:0", ""
	c.Log = filepath.Join(t.TempDir(), "honeypot.jsonl")
	if change != nil {
		change(c)
	}
	set, err := Listen([]Spec{{"pot", c}})
	if err != nil {
		t.Fatal(err)
	}
	p := &trap{t: t, set: set, addr: set.Status()[0].Address, log: c.Log, events: make(chan Event, 10_000), served: make(chan error, 1)}
	go func() {
		p.served <- set.Serve(context.Background(), Options{Log: quietLog(), Events: func(e Event) { p.events <- e }})
	}()
	t.Cleanup(p.close)
	return p
}

// close ends the honeypot; events and lines are complete then.
func (p *trap) close() {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := p.set.Close(ctx); err != nil {
		p.t.Error(err)
	}
}

// dial opens a connection that fails when nothing comes.
func (p *trap) dial() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(soon)); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// next returns the next event.
func (p *trap) next() Event {
	p.t.Helper()
	select {
	case e := <-p.events:
		return e
	case <-time.After(soon):
		p.t.Fatal("no event")
		return Event{}
	}
}

// expect compares the next events, in a short form.
func (p *trap) expect(want ...string) {
	p.t.Helper()
	for _, w := range want {
		if got := short(p.next()); got != w {
			p.t.Errorf("event %s, want %s", got, w)
		}
	}
}

func short(e Event) string {
	s := e.Action
	for _, f := range []struct{ name, value string }{
		{"user", e.User}, {"password", e.Password}, {"client", e.Client}, {"method", e.Method}, {"data", e.Data},
	} {
		if f.value != "" {
			s += fmt.Sprintf(" %s=%q", f.name, f.value)
		}
	}
	if e.Refused {
		s += " refused"
	}
	return s
}

// lines ends the honeypot and returns what it logged.
func (p *trap) lines() []map[string]any {
	p.t.Helper()
	p.close()
	return readLines(p.t, p.log)
}

func readLines(t *testing.T, path string) (out []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, m)
	}
	return out
}

// send writes text and, where it is not empty, waits for an answer that ends so.
func send(t *testing.T, c net.Conn, r *bufio.Reader, text, end string) string {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for !strings.HasSuffix(string(got), end) {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("after %q: %q: %v, want %q", text, got, err, end)
		}
		got = append(got, b)
	}
	return string(got)
}

// ended waits for the other end to close.
func ended(t *testing.T, r io.Reader) {
	t.Helper()
	if _, err := io.Copy(io.Discard, r); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection goes on")
	}
}

func TestEvent(t *testing.T) {
	p := play(t, "tcp", nil)
	c := p.dial()
	e := p.next()
	local := c.LocalAddr().(*net.TCPAddr).AddrPort()
	if e.Name != "pot" || e.Service != "tcp" || e.Action != "connect" || e.Src != local || e.Dst.String() != p.addr || time.Since(e.Time) > time.Minute {
		t.Errorf("%+v", e)
	}
	if s := p.set.Status()[0]; s.Open != 1 || s.Accepted != 1 || s.Events != 1 || s.Name != "pot" || s.LastError != "" {
		t.Errorf("%+v", s)
	}
	lines := p.lines()
	if len(lines) != 1 || lines[0]["src_ip"] != "127.0.0.1" || lines[0]["dest_ip"] != "127.0.0.1" || lines[0]["src_port"] != float64(local.Port()) ||
		lines[0]["honeypot"] != "pot" || lines[0]["service"] != "tcp" || lines[0]["action"] != "connect" {
		t.Errorf("%v", lines)
	}
	if _, err := time.Parse(time.RFC3339Nano, lines[0]["time"].(string)); err != nil {
		t.Error(err)
	}
}

// TestBothFamilies has an IPv4 client on a socket of both families.
func TestBothFamilies(t *testing.T) {
	p := play(t, "tcp", func(c *Config) { c.Listen = ":0" })
	_, port, _ := net.SplitHostPort(p.addr)
	p.addr = "127.0.0.1:" + port
	p.dial()
	if e := p.next(); !e.Src.Addr().Is4() || !e.Dst.Addr().Is4() {
		t.Errorf("%v -> %v, want plain IPv4", e.Src, e.Dst)
	}
}

func TestListenErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := func(service, listen string) *Config {
		c := setting.New[Config]()
		c.Service, c.Listen, c.Log = service, setting.Listen(listen), ""
		return c
	}
	set, err := Listen([]Spec{
		{"a", at("tcp", "127.0.0.1:0")}, {"a", at("tcp", "127.0.0.1:0")}, {"b", at("gopher", "x")},
		{"c", at("tcp", l.Addr().String())}, {"d", at("tcp", "192.0.2.1:0")},
	})
	if err == nil {
		set.Close(context.Background())
		t.Fatal("no error")
	}
	for _, want := range []string{
		`honeypot "a": there is another honeypot`, `honeypot "b": service: `, `honeypot "b": listen: "x"`,
		`honeypot "c": listen: `, "choose another", `honeypot "d": listen: `, "no interface of this host",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestPrepareErrors(t *testing.T) {
	dir := t.TempDir()
	c := setting.New[Config]()
	c.Service, c.Listen = "ssh", "127.0.0.1:0"
	c.HostKeyFile, c.Log = filepath.Join(dir, "no", "key"), filepath.Join(dir, "no", "log")
	set, err := Listen([]Spec{{"s", c}})
	if err != nil {
		t.Fatal(err)
	}
	err = set.Serve(context.Background(), Options{Log: quietLog()})
	for _, want := range []string{`honeypot "s": host_key_file: `, `honeypot "s": log: `, "install -d"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := net.Dial("tcp", set.Status()[0].Address); err == nil {
		t.Error("the socket is still open")
	}
	if err := set.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestRoom fills a honeypot from one source, and then altogether.
func TestRoom(t *testing.T) {
	p := play(t, "tcp", func(c *Config) { c.MaxPerSource = 2 })
	first := p.dial()
	p.dial()
	p.expect("connect", "connect")
	third := p.dial()
	p.expect("connect refused")
	ended(t, third)
	if s := p.set.Status()[0]; s.Open != 2 || s.Accepted != 2 || s.Refused != 1 || s.Events != 3 {
		t.Errorf("%+v", s)
	}
	first.Close()
	for { // its place is free once its end was noticed
		c := p.dial()
		if e := p.next(); !e.Refused {
			break
		}
		c.Close()
	}
	if lines := p.lines(); lines[2]["refused"] != true || lines[1]["refused"] != nil {
		t.Errorf("%v", lines)
	}
}

func TestSource(t *testing.T) {
	for a, want := range map[string]string{"192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64"} {
		if got := source(netip.MustParseAddr(a)); got.String() != want {
			t.Errorf("%s: %s, want %s", a, got, want)
		}
	}
}

// TestCloseEndsConnections has clients that would stay for long.
func TestCloseEndsConnections(t *testing.T) {
	for _, service := range services {
		p := play(t, service, nil)
		c := p.dial()
		p.expect("connect")
		p.close()
		ended(t, c)
		if err := <-p.served; err != nil {
			t.Error(err)
		}
		if s := p.set.Status()[0]; s.Open != 0 {
			t.Errorf("%s: %+v", service, s)
		}
		if _, err := net.Dial("tcp", p.addr); err == nil {
			t.Errorf("%s still listens", service)
		}
	}
}

func TestServeEndsWithContext(t *testing.T) {
	c := setting.New[Config]()
	c.Service, c.Listen, c.Log = "tcp", "127.0.0.1:0", ""
	set, err := Listen([]Spec{{"a", c}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := set.Serve(ctx, Options{}); err != nil {
		t.Error(err)
	}
	if err := set.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestTimeout has clients that do nothing, and one that goes on slowly, outlast no connection's time.
func TestTimeout(t *testing.T) {
	for _, service := range services {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			p := play(t, service, func(c *Config) { c.Timeout = time.Second })
			silent, slow := p.dial(), p.dial()
			go func() { // a byte at a time, as long as they are taken
				for range time.Tick(50 * time.Millisecond) {
					if _, err := io.WriteString(slow, "G"); err != nil {
						return
					}
				}
			}()
			start := time.Now()
			ended(t, silent)
			ended(t, slow)
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("%s ended after %v", service, d)
			}
		})
	}
}

// TestGarbage sends every service more than it reads, in one line of no protocol and in many.
func TestGarbage(t *testing.T) {
	for _, service := range services {
		for name, chunk := range map[string]string{
			"line": strings.Repeat("A", 4096), "lines": strings.Repeat("\r\n", 2048), "zeros": strings.Repeat("\x00", 4096),
			"iac": strings.Repeat("\xff\xfd\x01\xff\xfb\x1f\xff\xfa", 512), "commands": strings.Repeat("X\n", 2048),
			"ssh": "SSH-2.0-x\r\n" + strings.Repeat("\x00\x00\x40\x00", 1024), "http": strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 100),
		} {
			t.Run(service+" "+name, func(t *testing.T) {
				p := play(t, service, func(c *Config) { c.MaxBytes = 8 << 10 })
				c := p.dial()
				got := make(chan int64)
				go func() {
					n, _ := io.Copy(io.Discard, c)
					got <- n
				}()
				for range 256 { // 1 MiB
					if _, err := io.WriteString(c, chunk); err != nil {
						break // it is closed, as it should be
					}
				}
				if n := <-got; n > 8<<10 {
					t.Errorf("%d bytes were sent", n)
				}
				lines := p.lines()
				if len(lines) > maxCommands+1 {
					t.Errorf("%d events", len(lines))
				}
			})
		}
	}
}

// TestManyConnections has more clients than there is room for, all at once.
func TestManyConnections(t *testing.T) {
	const clients = 1000
	p := play(t, "telnet", func(c *Config) { c.MaxConnections, c.MaxPerSource = 50, 50 })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range clients / 20 {
				c, err := net.Dial("tcp", p.addr)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(c, "root\r\nsecret\r\n")
				c.Close()
			}
		})
	}
	wg.Wait()
	connects := 0
	for connects < clients {
		if e := p.next(); e.Action == "connect" {
			connects++
		}
	}
	p.close()
	s := p.set.Status()[0]
	if s.Accepted+s.Refused != clients || s.Open != 0 {
		t.Errorf("%+v", s)
	}
	if got := len(readLines(t, p.log)); uint64(got)+s.Lost != s.Events || (s.Lost > 0) == s.LastLost.IsZero() {
		t.Errorf("%d lines, %+v", got, s)
	}
}

// failing is a listener whose first calls of Accept fail.
type failing struct {
	net.Listener
	left int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left > 0 {
		f.left--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAcceptGoesOn(t *testing.T) {
	c := setting.New[Config]()
	c.Service, c.Listen, c.Log = "tcp", "127.0.0.1:0", ""
	set, err := Listen([]Spec{{"a", c}})
	if err != nil {
		t.Fatal(err)
	}
	set.honeypots[0].listener = &failing{set.honeypots[0].listener, 3}
	events := make(chan Event, 10)
	go set.Serve(context.Background(), Options{Log: quietLog(), Events: func(e Event) { events <- e }})
	defer set.Close(context.Background())
	conn, err := net.Dial("tcp", set.Status()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	select {
	case <-events:
	case <-time.After(soon):
		t.Fatal("no event")
	}
	if s := set.Status()[0]; !strings.Contains(s.LastError, "too many open files") || s.LastErrorTime.IsZero() {
		t.Errorf("%+v", s)
	}
}

// broken is a service that fails.
type broken struct{}

func (broken) serve(*session) { panic("no") }

func TestPanic(t *testing.T) {
	c := setting.New[Config]()
	c.Service, c.Listen, c.Log = "tcp", "127.0.0.1:0", ""
	set, err := Listen([]Spec{{"a", c}})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Prepare(); err != nil {
		t.Fatal(err)
	}
	set.honeypots[0].player = broken{}
	go set.Serve(context.Background(), Options{Log: quietLog()})
	conn, err := net.Dial("tcp", set.Status()[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ended(t, conn)
	if err := set.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if s := set.Status()[0]; !strings.Contains(s.LastError, "service tcp: no") || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}
