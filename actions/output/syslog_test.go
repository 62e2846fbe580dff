package output

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// A server collects the messages that it gets.
type server struct {
	got chan []byte
}

func newServer() *server { return &server{got: make(chan []byte, 10_000)} }

// expect reads messages that tell of the alerts from..to, in order, and parses each.
func (s *server) expect(t *testing.T, from, to int) {
	t.Helper()
	deadline := time.After(patience)
	for n := from; n <= to; n++ {
		select {
		case text := <-s.got:
			m := parseMessage(t, text)
			if want := strconv.Itoa(n); (*m.StructuredData)["values@32473"]["n"] != want {
				t.Fatalf("message %q, want alert %s", text, want)
			}
		case <-deadline:
			t.Fatalf("alert %d did not come", n)
		}
	}
}

// sendNumbered sends alerts whose messages tell their number.
func sendNumbered(f *Fanout, from, to int) {
	for n := from; n <= to; n++ {
		a := numbered(n)
		a.Values[0].Name, a.Values[0].Value = "n", int64(n)
		f.Send(a)
	}
}

// datagrams collects the datagrams of a socket.
func (s *server) datagrams(c net.PacketConn) {
	buf := make([]byte, 1<<17)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		s.got <- bytes.Clone(buf[:n])
	}
}

// counted collects messages with octet counts (RFC 6587, section 3.4.1) until the stream ends.
func (s *server) counted(c io.Reader) error {
	r := bufio.NewReader(c)
	for {
		head, err := r.ReadString(' ')
		if err != nil {
			if err == io.EOF && head == "" {
				return nil
			}
			return fmt.Errorf("%q: %w", head, err)
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(head, " "), 10, 16)
		if err != nil || head[0] == '0' {
			return fmt.Errorf("count %q: %v", head, err)
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(r, text); err != nil {
			return err
		}
		s.got <- text
	}
}

// serve takes connections until the listener is closed, and gives each to serveOne.
func serve(l net.Listener, serveOne func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serveOne(c)
		}()
	}
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func syslogTo(network, address string) *SyslogConfig {
	c := setting.New[SyslogConfig]()
	c.Network = network
	if err := c.Address.UnmarshalText([]byte(address)); err != nil {
		panic(err)
	}
	return c
}

// noLeak fails the test where goroutines are left that were not there before.
func noLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				buf := make([]byte, 1<<16)
				t.Fatalf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
			}
		}
	})
}

func TestSyslogUDP(t *testing.T) {
	noLeak(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Skip("no such address here:", err)
		}
		defer c.Close()
		s := newServer()
		go s.datagrams(c)
		f := start(t, Options{}, Spec{"udp", syslogTo("udp", c.LocalAddr().String())})
		for n := 1; n <= 200; n += 10 { // no more than the socket's buffer takes
			sendNumbered(f, n, n+9)
			s.expect(t, n, n+9)
		}
		stop(t, f)
	}
}

func TestSyslogTCP(t *testing.T) {
	noLeak(t)
	l := listen(t, "tcp", "127.0.0.1:0")
	s := newServer()
	ended := make(chan error, 1)
	go serve(l, func(c net.Conn) { ended <- s.counted(c) })
	f := start(t, Options{}, Spec{"tcp", syslogTo("tcp", l.Addr().String())})
	sendNumbered(f, 1, 3000)
	stop(t, f)
	if n := len(s.got); n != 3000 { // without waiting
		t.Errorf("Close returned when the server had read %d messages, want 3000", n)
	}
	s.expect(t, 1, 3000)
	if err := <-ended; err != nil {
		t.Errorf("the stream is not whole messages: %v", err)
	}
	l.Close()
}

// TestSyslogLineEnds has line ends in an alert neither end a message, for servers that split at them (RFC 6587, section
// 3.4.2), nor upset the octet counts.
func TestSyslogLineEnds(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0")
	defer l.Close()
	s := newServer()
	go serve(l, func(c net.Conn) { _ = s.counted(c) })
	f := start(t, Options{}, Spec{"tcp", syslogTo("tcp", l.Addr().String())})
	a := numbered(1)
	a.Description, a.Message = "a\r\n<13>1 - - - - - - forged", "b\n\x00"
	a.Key = []alert.Named{{Name: "http.host", Value: "x\n57 <13>1 - - - - - - forged"}}
	f.Send(a)
	f.Send(numbered(2))
	stop(t, f)
	for i, want := range []string{`a\r\n<13>1 - - - - - - forged`, ""} {
		got := string(<-s.got)
		if !strings.Contains(got, want) || strings.ContainsAny(got, "\r\n\x00") || !strings.HasPrefix(got, "<") {
			t.Errorf("message %d: %q", i, got)
		}
	}
	if len(s.got) != 0 {
		t.Errorf("a third message: %q", <-s.got)
	}
}

func TestSyslogUnix(t *testing.T) {
	noLeak(t)
	dir := t.TempDir()
	t.Run("datagram", func(t *testing.T) {
		path := filepath.Join(dir, "log")
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := newServer()
		go s.datagrams(c)
		f := start(t, Options{}, Spec{"unix", syslogTo("unix", path)})
		sendNumbered(f, 1, 3000) // more than fits the socket: the sender waits for room
		stop(t, f)
		s.expect(t, 1, 3000)
	})
	t.Run("stream", func(t *testing.T) {
		path := filepath.Join(dir, "stream")
		l := listen(t, "unix", path)
		s := newServer()
		go serve(l, func(c net.Conn) {
			for lines := bufio.NewScanner(c); lines.Scan(); {
				s.got <- bytes.Clone(lines.Bytes())
			}
		})
		f := start(t, Options{}, Spec{"unix", syslogTo("unix", path)})
		sendNumbered(f, 1, 3000)
		stop(t, f)
		s.expect(t, 1, 3000)
		l.Close()
	})
}

// TestSyslogServerRestarts has a server go away, and come back on the same address.
func TestSyslogServerRestarts(t *testing.T) {
	noLeak(t)
	path := filepath.Join(t.TempDir(), "stream")
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = path
		}
		l := listen(t, network, address)
		address = l.Addr().String()
		s := newServer()
		conns := make(chan net.Conn, 1)
		take := func(c net.Conn) {
			conns <- c
			if network == "tcp" {
				_ = s.counted(c)
				return
			}
			for lines := bufio.NewScanner(c); lines.Scan(); {
				s.got <- bytes.Clone(lines.Bytes())
			}
		}
		go serve(l, take)
		f := start(t, Options{}, Spec{"syslog", syslogTo(network, address)})
		sendNumbered(f, 1, 10)
		s.expect(t, 1, 10)

		l.Close()
		(<-conns).Close()
		// The end of the connection is noticed without a message being lost on it.
		sink := f.outputs[0].sink.(*syslog)
		<-sink.conn.ended
		sendNumbered(f, 11, 20)
		until(t, f, func(s Status) bool { return s.Error != "" && s.Errors >= 2 })

		l = listen(t, network, address)
		go serve(l, take)
		s.expect(t, 11, 20)
		until(t, f, func(s Status) bool { return s.Error == "" && s.Written == 20 })
		stop(t, f)
		<-conns
		l.Close()
	}
}

// until waits until the counts of the first output are as wanted.
func until(t *testing.T, f *Fanout, good func(Status) bool) {
	t.Helper()
	for end := time.Now().Add(patience); !good(f.Status()[0]); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("the counts stay %+v", f.Status()[0])
		}
	}
}

func TestSyslogReopenConnectsAnew(t *testing.T) {
	noLeak(t)
	l := listen(t, "tcp", "127.0.0.1:0")
	s := newServer()
	conns := make(chan struct{}, 10)
	go serve(l, func(c net.Conn) {
		conns <- struct{}{}
		_ = s.counted(c)
	})
	f := start(t, Options{}, Spec{"tcp", syslogTo("tcp", l.Addr().String())})
	sendNumbered(f, 1, 1)
	s.expect(t, 1, 1)
	f.Reopen()
	sendNumbered(f, 2, 2)
	s.expect(t, 2, 2)
	stop(t, f)
	l.Close()
	if len(conns) != 2 {
		t.Errorf("%d connections, want 2", len(conns))
	}
}

// TestSyslogServerHangs has a server that takes a connection and reads nothing.
func TestSyslogServerHangs(t *testing.T) {
	noLeak(t)
	l := listen(t, "tcp", "127.0.0.1:0")
	done := make(chan struct{})
	go serve(l, func(c net.Conn) { <-done })
	defer close(done)
	c := syslogTo("tcp", l.Addr().String())
	c.Timeout, c.Queue = 100*time.Millisecond, 50_000
	f := start(t, Options{}, Spec{"tcp", c})
	for n := 1; f.Status()[0].Error == ""; n += 1000 {
		sendNumbered(f, n, n+999)
		if n > 1e6 {
			t.Fatal("a million alerts were taken that nobody reads")
		}
	}
	if s := f.Status()[0]; !strings.Contains(s.LastError, "i/o timeout") {
		t.Errorf("last error: %s", s.LastError)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := f.Close(ctx); err == nil || !strings.Contains(err.Error(), "alerts could not be written in time") {
		t.Errorf("Close: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
	l.Close()
}

// TestSyslogSocketIsMadeAnew has a daemon of this host restart, which leaves a socket of the same name.
func TestSyslogSocketIsMadeAnew(t *testing.T) {
	noLeak(t)
	path := filepath.Join(t.TempDir(), "log")
	s := newServer()
	var f *Fanout
	for run := range 2 {
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		go s.datagrams(c)
		if f == nil {
			f = start(t, Options{}, Spec{"unix", syslogTo("unix", path)})
		}
		sendNumbered(f, 10*run+1, 10*run+10)
		s.expect(t, 10*run+1, 10*run+10)
		c.Close()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	stop(t, f)
}

// TestUnsendable has the kernel refuse a datagram for its size: it is lost, and those after it are not.
func TestUnsendable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := newServer()
	go s.datagrams(c)
	conn, err := (&dialer{network: "unix", address: path, timeout: time.Second}).dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sink := &syslog{dialer: &dialer{network: "unix", timeout: time.Second}, conn: conn}
	defer sink.close(t.Context())
	var b batch
	for _, size := range []int{10, 1 << 20, 20} {
		b.add(func(dst []byte, _ *event) []byte { return append(dst, make([]byte, size)...) }, nil)
	}
	n, err := sink.write(t.Context(), &b)
	if n != 1 || !errors.Is(err, errUnsendable) || !strings.Contains(err.Error(), "max_message") {
		t.Fatalf("write: %d, %v", n, err)
	}
	b.drop(2)
	if n, err := sink.write(t.Context(), &b); n != 1 || err != nil {
		t.Errorf("the next: %d, %v", n, err)
	}
	for _, want := range []int{10, 20} {
		if got := <-s.got; len(got) != want {
			t.Errorf("%d bytes came, want %d", len(got), want)
		}
	}
}
