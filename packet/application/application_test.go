package application

import (
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	request := "GET /index.html?a=b HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8\r\n\r\n"
	long := "GET /" + strings.Repeat("a", 2*MaxHead) + " HTTP/1.1\r\n\r\n"
	for _, c := range []struct {
		name, data string
		kind       Kind
		need       int
	}{
		{"nothing", "", KindUnknown, 1},
		{"request", request, KindHTTP, 0},
		{"request and body", request + "body\n", KindHTTP, 0},
		{"begin of a method", "GE", KindUnknown, 3},
		{"request line", "GET / HTTP/1.0\r\n", KindHTTP, 17},
		{"request without the second half of its end", request[:len(request)-1], KindHTTP, len(request)},
		{"lines that end in LF only", "HEAD / HTTP/1.0\n\n", KindHTTP, 0},
		{"method of nobody's", "XYZZY /plugh HTTP/1.1\r\n\r\n", KindHTTP, 0},
		{"target with spaces", "GET /a b HTTP/1.1\r\n\r\n", KindHTTP, 0},
		{"begin of a long target", long[:MaxHead-1], KindHTTP, MaxHead},
		{"long target", long[:MaxHead], KindHTTP, 0},
		{"no version", "GET /\r\n\r\n", KindUnknown, 0},
		{"prose", "THE END\r\n\r\n", KindUnknown, 0},
		{"response", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", KindHTTP, 0},
		{"response without reason", "HTTP/1.0 404\r\n\r\n", KindHTTP, 0},
		{"begin of a response", "HTTP/1.1 2", KindUnknown, 12},
		{"another version", "HTTP/2.0 200 OK\r\n\r\n", KindUnknown, 0},
		{"banner", "SSH-2.0-OpenSSH_9.6\r\n", KindSSH, 0},
		{"begin of a banner", "SSH-2.0", KindSSH, 8},
		{"begin of SSH", "SS", KindUnknown, 4},
		{"begin of a record", "\x16\x03\x01", KindUnknown, 6},
		{"record of a hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", KindTLS, 5 + 512},
		{"hello in two records", "\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x01\x00\x00\x04", KindTLS, 5 + 2 + 5 + 6},
		{"record of another message", "\x16\x03\x03\x00\x04\x0e\x00\x00\x00", KindUnknown, 0},
		{"mail server", "220 mx.example.com ESMTP Postfix\r\n", KindUnknown, 0},
		{"SMB2", "\x00\x00\x00\x45\xfeSMB@\x00", KindUnknown, 0},
	} {
		if kind, need := Scan([]byte(c.data)); kind != c.kind || need != c.need {
			t.Errorf("%s: %q, need %d, want %q, %d", c.name, kind, need, c.kind, c.need)
		}
	}
}

// TestScanGrows gives Scan every beginning of what it takes: it must never ask for less than there is, nor change its mind.
func TestScanGrows(t *testing.T) {
	for _, whole := range []string{
		"GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-x\r\n", "SEARCH / HTTP/1.1\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x00\x06\x00\x04abcd",
	} {
		want, need := Scan([]byte(whole))
		if want == KindUnknown || need != 0 {
			t.Fatalf("%q: %v, need %d", whole, want, need)
		}
		for n := range whole {
			kind, need := Scan([]byte(whole[:n]))
			if need <= n || need > len(whole) || kind != KindUnknown && kind != want {
				t.Errorf("%q: %v, need %d of %d bytes", whole[:n], kind, need, len(whole))
			}
		}
	}
}
