package application

import "testing"

func TestHTTP(t *testing.T) {
	none := "(none)"
	show := func(b []byte) string {
		if b == nil {
			return none
		}
		return string(b)
	}
	for _, c := range []struct {
		name, data                            string
		method, uri, host, agent, contentType string
		code                                  uint16
	}{
		{"browser", "GET /a?b=c HTTP/1.1\r\nhost:  www.example.com \r\nUSER-AGENT: Mozilla/5.0 (X11)\r\n\r\n", "GET", "/a?b=c", "www.example.com", "Mozilla/5.0 (X11)", none, 0},
		{"several of one", "POST / HTTP/1.0\r\nHost: a\r\nHost: b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHost: c\r\n", "POST", "/", "a", none, "text/plain; charset=utf-8", 0},
		{"empty field", "GET / HTTP/1.1\nUser-Agent:\n\n", "GET", "/", none, "", none, 0},
		{"proxy", "CONNECT www.example.com:443 HTTP/1.1\r\n\r\n", "CONNECT", "www.example.com:443", none, none, none, 0},
		{"spaces in the target", "GET /a b c HTTP/1.1\r\n\r\n", "GET", "/a b c", none, none, none, 0},
		{"no line that ends", "GET /aaaa", "GET", "/aaaa", none, none, none, 0},
		{"field without end", "GET / HTTP/1.1\r\nHost: www.exa", "GET", "/", none, none, none, 0},
		{"response", "HTTP/1.1 404 Not Found\r\nServer: a\r\nHost: a\r\nContent-type: text/html\r\n\r\n", none, none, none, none, "text/html", 404},
		{"another field's end", "GET / HTTP/1.1\r\nX-Host: a\r\nHostess: b\r\n\r\n", "GET", "/", none, none, none, 0},
	} {
		var h HTTP
		if !h.Read([]byte(c.data)) {
			t.Errorf("%s: nothing", c.name)
			continue
		}
		got := []string{show(h.Method), show(h.URI), show(h.Host), show(h.UserAgent), show(h.ContentType)}
		for i, want := range []string{c.method, c.uri, c.host, c.agent, c.contentType} {
			if got[i] != want {
				t.Errorf("%s: %q, want %q", c.name, got[i], want)
			}
		}
		if h.Code != c.code || h.Request != (c.code == 0) {
			t.Errorf("%s: code %d, request %v", c.name, h.Code, h.Request)
		}
	}
	for _, data := range []string{"", "GET", "220 hello\r\n", "GET /\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/3.0 200 OK\r\n\r\n"} {
		if h := new(HTTP); h.Read([]byte(data)) {
			t.Errorf("%q is %+v", data, h)
		}
	}
}

func TestDHCP(t *testing.T) {
	m := make([]byte, dhcpOptions)
	m[0], m[1], m[2] = 1, 1, 6
	copy(m[dhcpHardware:], "\x02\x00\x00\x00\x00\x0a")
	copy(m[dhcpCookie:], "\x63\x82\x53\x63")
	for _, c := range []struct {
		options, want string
	}{
		{"\x35\x01\x01\xff", "discover"}, {"\x00\x00\x0c\x02ab\x35\x01\x05", "ack"}, {"\xff\x35\x01\x01", ""}, {"\x35\x01\x63", ""}, {"\x35", ""}, {"\x35\x01", ""},
	} {
		var d DHCP
		if !d.Read(append(m[:dhcpOptions:dhcpOptions], c.options...)) || d.Type != c.want || d.Hardware != 0x02000000000a || !d.HasHardware {
			t.Errorf("%x: %+v, want %q", c.options, d, c.want)
		}
	}
	var d DHCP
	if d.Read(m[:dhcpOptions-1]) {
		t.Error("a message that is cut short")
	}
	m[dhcpCookie] = 0
	if d.Read(m) {
		t.Error("BOOTP without a cookie")
	}
}
