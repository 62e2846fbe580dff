// Package application reads what applications say: the heads of HTTP messages, the hellos of TLS, over TCP and in the
// Initial packets of QUIC, the banner of SSH, the records of DNS and the options of DHCP.
//
// Which application it is, its first bytes tell, on any port. Parsers take bytes and give parts of them; any bytes are
// safe to read. They keep no state and, but for the keys of QUIC, allocate nothing.
package application

// Kind is an application by what it says first.
type Kind uint8

// The kinds. KindUnknown is the zero value.
const (
	KindUnknown Kind = iota
	KindHTTP         // RFC 9112
	KindTLS          // RFC 8446, RFC 5246
	KindSSH          // RFC 4253
)

// String returns the name of the application; "" for KindUnknown.
func (k Kind) String() string { return [...]string{"", "http", "tls", "ssh"}[k] }

// Head reports whether messages of the kind have a head, which all do but KindUnknown.
func (k Kind) Head() bool { return k != KindUnknown }

// MaxHead is how many bytes of a head are put together of segments. A ClientHello with a post-quantum key share has
// about 1,800, a request of a browser rarely over 3,000. Of a head that is longer its beginning is read.
const MaxHead = 4096

// Scan tells what the first bytes that one side of a TCP conversation said are of: what they are, and how many there must
// be, from the first on, before it is worth to ask again. need is 0 when that is settled: the head is whole, or as much of
// it as is looked at (MaxHead), or there is none. Otherwise it is more than len(data) and at most MaxHead, and the kind may
// still be KindUnknown.
//
//	kind, need := Scan(data)
//	need == 0 && kind.Head()  ->  the packet with the last byte of data has the fields of the head
//	need > len(data)          ->  keep data, and ask again with what follows in order
//	need == 0 otherwise       ->  nothing more comes of this direction
func Scan(data []byte) (kind Kind, need int) {
	if len(data) == 0 {
		return KindUnknown, 1
	}
	switch data[0] {
	case recordHandshake:
		kind, need = scanTLS(data)
	case 'H':
		kind, need = scanResponse(data)
		if kind == KindUnknown && need == 0 { // HEAD
			kind, need = scanRequest(data)
		}
	case 'S':
		kind, need = scanSSH(data)
		if kind == KindUnknown && need == 0 { // SEARCH
			kind, need = scanRequest(data)
		}
	default:
		if isUpper(data[0]) {
			kind, need = scanRequest(data)
		}
	}
	if need > 0 {
		if len(data) >= MaxHead { // the beginning has to do
			return kind, 0
		}
		need = min(max(need, len(data)+1), MaxHead)
	}
	return kind, need
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
