package honeypot

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

func TestTCP(t *testing.T) {
	p := play(t, "tcp", func(c *Config) { c.Banner = "hello\r\n" })
	c := p.dial()
	r := bufio.NewReader(c)
	send(t, c, r, "GET \x01\xff\u202e /\nsecond\n", "hello\r\n")
	p.expect("connect", `command data="GET \\x01\\xff\\u202e /"`)
	c.Close()
	unended := p.dial()
	if _, err := io.WriteString(unended, "no newline"); err != nil {
		t.Fatal(err)
	}
	unended.Close()
	p.expect("connect", `command data="no newline"`)
}

func TestTelnet(t *testing.T) {
	p := play(t, "telnet", nil)
	c := p.dial()
	r := bufio.NewReader(c)
	if got := send(t, c, r, "", "login: "); got != "Debian GNU/Linux 12\r\nlogin: " {
		t.Errorf("%q", got)
	}
	send(t, c, r, "\r\n", "login: ") // nothing is not a name
	for i, user := range []string{"root\r\n", "ro\x7f\x7f\xff\xfd\x03admin\r\x00", "\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0x\xff\xffy\n"} {
		want := []string{"", "\xff\xfc\x03", "\xff\xfe\x18"}[i] + "\xff\xfb\x01Password: "
		if got := send(t, c, r, user, "Password: "); got != want {
			t.Errorf("%q: %q, want %q", user, got, want)
		}
		// What the client says to WILL ECHO is not answered.
		if got := send(t, c, r, "\xff\xfd\x01secret\r\n", "Login incorrect\r\n"); got != "\xff\xfc\x01\r\nLogin incorrect\r\n" {
			t.Errorf("%q", got)
		}
		if i < 2 {
			send(t, c, r, "", "login: ")
		}
	}
	ended(t, r)
	p.expect("connect", `login user="root" method="password"`, `login user="admin" method="password"`, `login user="x\\xffy" method="password"`)
	for _, l := range p.lines() {
		if l["password"] != nil {
			t.Errorf("a password: %v", l)
		}
	}
}

func TestTelnetPasswords(t *testing.T) {
	p := play(t, "telnet", func(c *Config) { c.Passwords, c.MaxAttempts = true, 1 })
	c := p.dial()
	r := bufio.NewReader(c)
	send(t, c, r, "root\r\n"+`p\"w`+"\x07\r\n", "Login incorrect\r\n")
	ended(t, r)
	p.expect("connect", `login user="root" password="p\\\"w\\a" method="password"`)
	if l := p.lines()[1]; l["user"] != "root" || l["password"] != `p\"w\a` || l["method"] != "password" || l["action"] != "login" {
		t.Errorf("%v", l)
	}
}

// TestTelnetNameOnly has a client that goes before the password.
func TestTelnetNameOnly(t *testing.T) {
	p := play(t, "telnet", nil)
	c := p.dial()
	r := bufio.NewReader(c)
	send(t, c, r, "root\r\n", "Password: ")
	c.Close()
	p.expect("connect", `login user="root" method="password"`)
}

func TestFTP(t *testing.T) {
	p := play(t, "ftp", func(c *Config) { c.Passwords, c.MaxAttempts = true, 2 })
	c := textproto.NewConn(p.dial())
	if _, m, err := c.ReadResponse(220); err != nil || m != "(vsFTPd 3.0.3)" {
		t.Fatal(m, err)
	}
	for _, step := range []struct {
		say  string
		code int
	}{
		{"SYST", 215}, {"FEAT", 211}, {"CLNT FileZilla 3", 200}, {"LIST", 530}, {"PASS early", 503}, {"  PASS spaced", 503},
		{strings.Repeat("x", 5000), 500}, {"PASS " + strings.Repeat("x", 5000), 503},
		{"user root", 331}, {"pass toor", 530}, {"USER ftp", 331}, {"PASS", 530},
	} {
		if _, err := c.Cmd("%s", step.say); err != nil {
			t.Fatal(err)
		}
		if _, m, err := c.ReadResponse(step.code); err != nil {
			t.Errorf("%.20s: %s %v", step.say, m, err)
		}
	}
	ended(t, c.R) // two logins are enough
	long := strings.Repeat("x", maxData) + "…"
	p.expect("connect", `command data="SYST"`, `command data="FEAT"`, `command client="FileZilla 3" data="CLNT FileZilla 3"`,
		`command client="FileZilla 3" data="LIST"`, `command client="FileZilla 3" data="PASS"`, `command client="FileZilla 3" data="PASS"`,
		`command client="FileZilla 3" data="`+long+`"`, `command client="FileZilla 3" data="PASS"`,
		`login user="root" password="toor" client="FileZilla 3" method="password"`, `login user="ftp" client="FileZilla 3" method="password"`)
	if l := p.lines(); l[len(l)-1]["password"] != "" {
		t.Errorf("an empty password is one: %v", l)
	}
}

// TestFTPKeepsNoPassword has passwords come in ways that are no login.
func TestFTPKeepsNoPassword(t *testing.T) {
	for _, text := range []string{"PASS secret", "pass secret\r\n", " PASS secret", "USER a\r\nPASS secret"} {
		p := play(t, "ftp", nil)
		c := p.dial()
		r := bufio.NewReader(c)
		send(t, c, r, "", "\r\n")
		send(t, c, r, text, "")
		c.Close()
		p.expect("connect")
		p.next()
		for _, l := range p.lines() {
			if strings.Contains(strings.ToLower(short(Event{Data: str(l["data"]), User: str(l["user"])})), "secret") {
				t.Errorf("%q: %v", text, l)
			}
		}
	}
}

func str(v any) string { s, _ := v.(string); return s }

func TestFTPQuit(t *testing.T) {
	p := play(t, "ftp", nil)
	c := p.dial()
	r := bufio.NewReader(c)
	send(t, c, r, "USER a\r\nUSER b\r\nQUIT\r\n", "221 Goodbye.\r\n")
	ended(t, r)
	p.expect("connect", `login user="a" method="password"`, `command data="QUIT"`, `login user="b" method="password"`)
}

func TestHTTP(t *testing.T) {
	p := play(t, "http", func(c *Config) { c.Passwords, c.MaxAttempts, c.Banner = true, 2, "nginx/1.22.1" })
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i := range 3 {
		req, err := http.NewRequest("POST", "http://"+p.addr+"/admin?x=1", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", "evil/1.0")
		if i > 0 {
			req.SetBasicAuth("admin", "pa:ss")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") != `Basic realm="Restricted Area"` ||
			res.Header.Get("Server") != "nginx/1.22.1" || !bytes.Contains(body, []byte("Unauthorized")) || res.Close != (i == 2) {
			t.Errorf("%d: %v %v %q", i, err, res, body)
		}
	}
	command, login := `command client="evil/1.0" data="POST /admin?x=1 HTTP/1.1"`, `login user="admin" password="pa:ss" client="evil/1.0" method="basic"`
	p.expect("connect", command, command, login, command, login)
}

func TestHTTPGarbage(t *testing.T) {
	p := play(t, "http", nil)
	c := p.dial()
	if _, err := io.WriteString(c, "\x16\x03\x01 hello\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	p.expect("connect", `command data="\\x16\\x03\\x01 hello"`)
}
