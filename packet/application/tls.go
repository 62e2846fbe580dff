package application

import "encoding/binary"

// Numbers of TLS (IANA, TLS Parameters).
const (
	recordHandshake = 22

	// ClientHello and ServerHello are types of handshake messages.
	ClientHello = 1
	ServerHello = 2

	extServerName        = 0
	extGroups            = 10
	extPointFormats      = 11
	extSignatures        = 13
	extALPN              = 16
	extSupportedVersions = 43
)

// Hello is what a ClientHello or a ServerHello says (RFC 8446 section 4.1). Its slices are parts of the bytes that they
// were read from; where the hello is cut short they are what there is.
type Hello struct {
	Type       uint8  // ClientHello or ServerHello
	Version    uint16 // legacy_version: 0x0303 of TLS 1.2 and 1.3
	Ciphers    []byte // suites that a client offers, two bytes each
	Extensions []byte // the list, without its length
	ServerName []byte // host name of the extension; nil without one
	ALPN       []byte // list of names of the extension, each with a byte of length before it; nil without one
}

// record is the length of the header of a record, and least that of one with the head of a handshake message.
const (
	record      = 5
	message     = 4
	maxRecord   = 1<<14 + 256 // RFC 8446 section 5.2
	leastRecord = record + 1
)

// helloRecord reports whether a record of TLS that a hello may begin begins with b, which may be the first bytes of it.
func helloRecord(b []byte) bool {
	switch {
	case b[0] != recordHandshake:
	case len(b) > 1 && b[1] != 3:
	case len(b) > 2 && b[2] > 4:
	case len(b) >= record && (binary.BigEndian.Uint16(b[3:]) == 0 || binary.BigEndian.Uint16(b[3:]) > maxRecord):
	case len(b) > record && b[record] != ClientHello && b[record] != ServerHello:
	case len(b) > record+1 && binary.BigEndian.Uint16(b[3:]) > 1 && b[record+1] != 0: // a hello of more than 64 kB is none
	default:
		return true
	}
	return false
}

// scanTLS is Scan for what may be a hello.
func scanTLS(data []byte) (Kind, int) {
	if !helloRecord(data) {
		return KindUnknown, 0
	}
	if len(data) < leastRecord {
		return KindUnknown, leastRecord
	}
	// The message may go on in the next record, and its length be the first thing that does.
	at, left, have := 0, -1, 0 // of the message: bytes that are missing, and that were there
	for {
		if len(data) < at+record {
			return KindTLS, at + record
		}
		if data[at] != recordHandshake {
			return KindTLS, 0 // broken: what there is has to do
		}
		n := int(binary.BigEndian.Uint16(data[at+3:]))
		at += record
		if n == 0 {
			return KindTLS, 0
		}
		if left < 0 {
			var head [message]byte
			k := headOfMessage(data, &head)
			if k < message {
				if len(data) < at+n {
					return KindTLS, at + n
				}
				have += n
				at += n
				continue
			}
			left = message + int(head[1])<<16 + int(head[2])<<8 + int(head[3])
		}
		if have+n >= left {
			if end := at + left - have; len(data) < end {
				return KindTLS, end
			}
			return KindTLS, 0
		}
		have += n
		at += n
	}
}

// headOfMessage copies the first bytes of the handshake message that data begins with, across records, and returns how
// many there are.
func headOfMessage(data []byte, head *[message]byte) (n int) {
	for n < message && len(data) > record && data[0] == recordHandshake {
		size := int(binary.BigEndian.Uint16(data[3:]))
		part := data[record:min(len(data), record+size)]
		n += copy(head[n:], part)
		if len(data) < record+size || size == 0 {
			break
		}
		data = data[record+size:]
	}
	return n
}

// PastCipherChange cuts a ChangeCipherSpec record off: a client sends one before its second hello, which answers a
// HelloRetryRequest (RFC 8446 appendix D.4).
func PastCipherChange(data []byte) []byte {
	if len(data) > 6 && data[0] == 20 && data[1] == 3 && data[3] == 0 && data[4] == 1 && data[5] == 1 {
		return data[6:]
	}
	return data
}

// Joined reports whether the handshake message that records in data begin with is in several of them.
func Joined(data []byte) bool {
	if len(data) < leastRecord || !helloRecord(data) {
		return false
	}
	size := int(binary.BigEndian.Uint16(data[3:]))
	if len(data) <= record+size {
		return false
	}
	var head [message]byte
	return size < message || headOfMessage(data, &head) < message || message+int(head[1])<<16+int(head[2])<<8+int(head[3]) > size
}

// HandshakeOf returns the handshake message that records in data begin with, as far as data goes. Where it is Joined it is
// put together in scratch, as much of it as has room, which may be the memory that data is in.
func HandshakeOf(data, scratch []byte) []byte {
	if len(data) < leastRecord || !helloRecord(data) {
		return nil
	}
	if !Joined(data) {
		size := int(binary.BigEndian.Uint16(data[3:]))
		return data[record:min(len(data), record+size)]
	}
	n := 0
	for len(data) > record && data[0] == recordHandshake && n < len(scratch) {
		size := int(binary.BigEndian.Uint16(data[3:]))
		n += copy(scratch[n:], data[record:min(len(data), record+size)])
		if len(data) < record+size {
			break
		}
		data = data[record+size:]
	}
	return scratch[:n]
}

// Read reads a handshake message that is a hello: type, length, and what it says. It reports whether there is a hello
// with a version; of one that is cut short it reads what there is.
func (h *Hello) Read(b []byte) bool {
	*h = Hello{}
	const random = 32
	if len(b) < message+2 || b[0] != ClientHello && b[0] != ServerHello {
		return false
	}
	h.Type = b[0]
	b = b[message:min(len(b), message+int(b[1])<<16+int(b[2])<<8+int(b[3]))]
	if len(b) < 2 {
		return false
	}
	h.Version = binary.BigEndian.Uint16(b)
	if len(b) < 2+random {
		return true
	}
	_, b = vector8(b[2+random:]) // session
	if h.Type == ClientHello {
		h.Ciphers, b = vector16(b)
		_, b = vector8(b) // compression methods
	} else {
		if len(b) < 3 { // cipher suite and compression method
			return true
		}
		h.Ciphers, b = b[:2], b[3:]
	}
	h.Extensions, _ = vector16(b)
	for rest := h.Extensions; ; {
		kind, body, ok := extension(&rest)
		if !ok {
			return true
		}
		switch kind {
		case extServerName:
			if h.ServerName == nil && h.Type == ClientHello {
				h.ServerName = serverName(body)
			}
		case extALPN:
			if list, _ := vector16(body); h.ALPN == nil && len(list) > 0 {
				h.ALPN = list
			}
		}
	}
}

// vector8 cuts a vector with a length of one byte off b, as much of it as there is.
func vector8(b []byte) (v, rest []byte) {
	if len(b) < 1 {
		return nil, nil
	}
	n := min(1+int(b[0]), len(b))
	return b[1:n], b[n:]
}

// vector16 cuts a vector with a length of two bytes off b, as much of it as there is.
func vector16(b []byte) (v, rest []byte) {
	if len(b) < 2 {
		return nil, nil
	}
	n := min(2+int(binary.BigEndian.Uint16(b)), len(b))
	return b[2:n], b[n:]
}

// extension cuts the next extension off a list. One that is cut short is none.
func extension(list *[]byte) (kind uint16, body []byte, ok bool) {
	b := *list
	if len(b) < 4 || len(b) < 4+int(binary.BigEndian.Uint16(b[2:])) {
		return 0, nil, false
	}
	kind = binary.BigEndian.Uint16(b)
	body, *list = vector16(b[2:])
	return kind, body, true
}

// serverName returns the first host name of the extension (RFC 6066 section 3).
func serverName(body []byte) []byte {
	list, _ := vector16(body)
	for len(list) >= 3 {
		kind := list[0]
		var name []byte
		name, list = vector16(list[1:])
		if kind == 0 {
			return name
		}
	}
	return nil
}

// NextALPN returns the name at an offset of a list of ALPN names, and the offset of the one after it; ok is false behind
// the last.
func NextALPN(list []byte, at int) (name []byte, next int, ok bool) {
	if at >= len(list) || at+1+int(list[at]) > len(list) {
		return nil, at, false
	}
	next = at + 1 + int(list[at])
	return list[at+1 : next], next, true
}

// greased reports whether a value is one of those that clients put in so that servers get used to unknown ones
// (RFC 8701).
func greased(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
