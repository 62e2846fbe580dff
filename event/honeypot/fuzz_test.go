package honeypot

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/setting"
)

// memory is a connection that a test made up.
type memory struct {
	net.Conn
	in  *bytes.Reader
	out int
}

func (m *memory) Read(p []byte) (int, error)       { return m.in.Read(p) }
func (m *memory) Write(p []byte) (int, error)      { m.out += len(p); return len(p), nil }
func (m *memory) Close() error                     { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

var _ io.Reader = (*memory)(nil)

// fuzzService plays a service with any input: it ends, within its bounds, and all that it tells is printable.
func fuzzService(t *testing.T, service string, input []byte) {
	c := setting.New[Config]()
	c.Service, c.Listen, c.MaxBytes, c.Passwords = service, ":0", 8<<10, true
	if err := setting.Valid(c); err != nil {
		t.Fatal(err)
	}
	h := &honeypot{config: *c, name: "fuzz"}
	events, logins := 0, 0
	h.take = func(e Event) {
		events++
		if e.Action == "login" {
			logins++
		}
		for _, s := range []string{e.User, e.Password, e.Client, e.Method, e.Data} {
			if !utf8.ValidString(s) || len(s) > maxData+len("…") || bytes.ContainsFunc([]byte(s), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q", s)
			}
		}
		if line := e.appendLine(nil); !json.Valid(line) || bytes.Count(line, []byte("\n")) != 1 {
			t.Errorf("%q", line)
		}
	}
	player, err := h.newService()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{in: bytes.NewReader(input)}
	s := &session{conn: newConn(m, &h.config), honeypot: h}
	defer s.Close()
	player.serve(s)
	s.leftover()
	if events > maxCommands+100 || logins > h.config.MaxAttempts+1 || m.out > 8<<10 {
		t.Errorf("%d events, %d logins, %d bytes", events, logins, m.out)
	}
	if len(input) > 0 && bytes.ContainsFunc(input[:1], unicode.IsLetter) && events == 0 {
		t.Error("nothing was told")
	}
}

func FuzzTelnet(f *testing.F) {
	f.Add([]byte("root\r\nsecret\r\n"))
	f.Add([]byte("\xff\xfa\x18\xff\xff\xff\xf0r\x7f\x7foot\xff\xf7\xff\xf8x\r\x00"))
	f.Fuzz(func(t *testing.T, input []byte) { fuzzService(t, "telnet", input) })
}

func FuzzFTP(f *testing.F) {
	f.Add([]byte("USER a\r\nPASS b\r\nQUIT\r\n"))
	f.Add([]byte("\xff\xf4\xff\xf2ABOR\r\nCLNT x\nPASS"))
	f.Fuzz(func(t *testing.T, input []byte) { fuzzService(t, "ftp", input) })
}
