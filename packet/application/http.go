package application

import "bytes"

// HTTP is what the head of a request or of a response of HTTP/1 says (RFC 9112). Its slices are parts of the bytes that
// they were read from; those of header fields are nil where the head has no such field, and of several the first counts.
type HTTP struct {
	Request     bool   // else a response
	Method, URI []byte // of a request
	Code        uint16 // of a response
	Host        []byte // of a request
	UserAgent   []byte // of a request
	Server      []byte // of a response
	ContentType []byte
}

// maxMethod is the longest method that is taken for one: those registered have up to 17 characters (IANA, HTTP Method
// Registry).
const maxMethod = 24

// methods are those with which a request line may be longer than what is looked at: a line that ends says by its version
// that it is HTTP.
var methods = []string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PROPFIND", "SEARCH", "MOVE", "COPY", "MKCOL", "LOCK", "REPORT"}

// method returns the length of the method that data begins with; 0 for none. open is true where it may go on.
func method(data []byte) (n int, open bool) {
	for n < len(data) && n <= maxMethod {
		switch c := data[n]; {
		case isUpper(c) || c == '-' || c == '_':
			n++
		case c == ' ' && n > 0:
			return n, false
		default:
			return 0, false
		}
	}
	return 0, n <= maxMethod
}

// scanRequest is Scan for what may be a request.
func scanRequest(data []byte) (Kind, int) {
	n, open := method(data)
	if n == 0 {
		if open {
			return KindUnknown, len(data) + 1
		}
		return KindUnknown, 0
	}
	line, whole := firstLine(data)
	if !whole {
		if !bytes.ContainsFunc(data[:n], func(r rune) bool { return !isUpper(byte(r)) }) && printable(data[n+1:]) && known(data[:n]) {
			return KindHTTP, len(data) + 1
		}
		if len(data) < maxMethod+maxGuess && printable(data[n+1:]) {
			return KindUnknown, len(data) + 1
		}
		return KindUnknown, 0
	}
	if !requestLine(line) {
		return KindUnknown, 0
	}
	return KindHTTP, headNeed(data)
}

// maxGuess is how many bytes of a target are waited for behind a method that is not registered.
const maxGuess = 512

func known(m []byte) bool {
	for _, k := range methods {
		if string(m) == k {
			return true
		}
	}
	return false
}

// printable reports whether b has no control characters. Bytes from 0x80 are allowed, as attacks send them.
func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// firstLine returns the first line without its end, and whether it has one.
func firstLine(data []byte) (line []byte, whole bool) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return bytes.TrimSuffix(data, []byte("\r")), false
	}
	line = data[:i]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, true
}

// requestLine reports whether a line is one: method, target and version, with spaces between. A target may have spaces,
// as attacks send them and servers take them.
func requestLine(line []byte) bool {
	n, _ := method(line)
	if n == 0 {
		return false
	}
	v := bytes.LastIndex(line, []byte(" HTTP/"))
	return v > n && version(line[v+1:])
}

// version reports whether b is a version of HTTP/1 or of what comes before it.
func version(b []byte) bool {
	return len(b) == 8 && string(b[:5]) == "HTTP/" && b[5] <= '1' && b[5] >= '0' && b[6] == '.' && b[7] >= '0' && b[7] <= '9'
}

// scanResponse is Scan for what may be a response.
func scanResponse(data []byte) (Kind, int) {
	const shortest = "HTTP/1.1 200"
	if len(data) < len(shortest) {
		if bytes.HasPrefix([]byte("HTTP/1."), data[:min(len(data), 7)]) && (len(data) < 8 || version(data[:8])) {
			return KindUnknown, len(shortest)
		}
		return KindUnknown, 0
	}
	if statusLine(data) == 0 {
		return KindUnknown, 0
	}
	return KindHTTP, headNeed(data)
}

// statusLine returns the code of the status line that data begins with; 0 where it begins with none.
func statusLine(data []byte) uint16 {
	if len(data) < 12 || !version(data[:8]) || data[8] != ' ' || len(data) > 12 && data[12] != ' ' && data[12] != '\r' && data[12] != '\n' {
		return 0
	}
	code := uint16(0)
	for _, c := range data[9:12] {
		if c < '0' || c > '9' {
			return 0
		}
		code = code*10 + uint16(c-'0')
	}
	return code
}

// headNeed returns 0 where the empty line that ends a head is there.
func headNeed(data []byte) int {
	if headEnd(data) < 0 {
		return len(data) + 1
	}
	return 0
}

// headEnd returns where a head ends, behind its empty line; -1 where it does not.
func headEnd(data []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		switch {
		case at < len(data) && data[at] == '\n':
			return at + 1
		case at+1 < len(data) && data[at] == '\r' && data[at+1] == '\n':
			return at + 2
		}
	}
}

// Read reads the head that data begins with, up to its empty line or as far as data goes. It reports whether data begins
// with a request line or a status line.
func (h *HTTP) Read(data []byte) bool {
	*h = HTTP{}
	line, whole := firstLine(data)
	if h.Code = statusLine(line); h.Code == 0 {
		n, _ := method(line)
		if n == 0 {
			return false
		}
		h.Request = true
		h.Method, h.URI = line[:n], line[n+1:]
		if v := bytes.LastIndex(line, []byte(" HTTP/")); v > n && version(line[v+1:]) {
			h.URI = line[n+1 : v]
		} else if whole {
			return false
		}
	}
	if !whole {
		return true
	}
	for rest := data[bytes.IndexByte(data, '\n')+1:]; ; {
		line, whole := firstLine(rest)
		if !whole || len(line) == 0 {
			return true
		}
		rest = rest[bytes.IndexByte(rest, '\n')+1:]
		h.field(line)
	}
}

// field takes a line of the header for what it says.
func (h *HTTP) field(line []byte) {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return
	}
	var to *[]byte
	switch name := line[:colon]; len(name) {
	case len("host"):
		if h.Request && bytes.EqualFold(name, []byte("host")) {
			to = &h.Host
		}
	case len("server"):
		if !h.Request && bytes.EqualFold(name, []byte("server")) {
			to = &h.Server
		}
	case len("user-agent"):
		if h.Request && bytes.EqualFold(name, []byte("user-agent")) {
			to = &h.UserAgent
		}
	case len("content-type"):
		if bytes.EqualFold(name, []byte("content-type")) {
			to = &h.ContentType
		}
	}
	if to != nil && *to == nil {
		*to = trimBlanks(line[colon+1:])
	}
}

// trimBlanks cuts spaces and tabs off both ends. What is left is never nil.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
