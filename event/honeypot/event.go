package honeypot

import (
	"encoding/json"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/printable"
)

// An Event is something that a client did. Its texts come from the client: they are bounded, printable UTF-8, and what
// did not print is in them as package printable writes it.
type Event struct {
	Time    time.Time
	Name    string // of the honeypot
	Service string // "ssh", "telnet", "ftp", "http", "tcp"
	Action  string // packet.HoneypotConnect, HoneypotLogin or HoneypotCommand
	User    string // of a login
	// Password is that of a login, and empty unless the honeypot's settings say to keep passwords. It is for logs that
	// are as well kept as this package's own, never for alerts and messages.
	Password string
	Client   string // software that the client says it is: SSH version, HTTP User-Agent, FTP CLNT; "" where it does not say
	Method   string // of a login: "password", "keyboard-interactive", "publickey", "basic", …
	Data     string // what was sent with a command; of a login by public key, the key's fingerprint
	// Refused says that there was no room for the connection: it was closed at once, and no other event comes of it.
	Refused bool

	Src, Dst netip.AddrPort // of the connection, Src the client's; IPv4 as IPv4, without zones

	hasPassword bool // Password is one, even an empty one
}

// text makes a client's bytes safe text of at most limit bytes, and an ellipsis where it is cut.
func text(s string, limit int) string {
	return printable.Clip(printable.Text(s[:min(len(s), limit+utf8.UTFMax)]), limit)
}

// Bounds of the texts of an event, in bytes.
const (
	maxUser     = 128
	maxPassword = 256
	maxClient   = 256
	maxMethod   = 32
	maxData     = 512
)

// unmapped drops what is not of the address itself: the ::ffff: of IPv4 on a socket of both families, and the zone.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// record is a line of the log. The names of addresses and ports are those of EVE.
type record struct {
	Time     string  `json:"time"`
	Honeypot string  `json:"honeypot"`
	Service  string  `json:"service"`
	Action   string  `json:"action"`
	SrcIP    string  `json:"src_ip"`
	SrcPort  uint16  `json:"src_port"`
	DestIP   string  `json:"dest_ip"`
	DestPort uint16  `json:"dest_port"`
	User     *string `json:"user,omitempty"`
	Password *string `json:"password,omitempty"`
	Client   string  `json:"client,omitempty"`
	Method   string  `json:"method,omitempty"`
	Data     string  `json:"data,omitempty"`
	Refused  bool    `json:"refused,omitempty"`
}

// appendLine appends the event as a line of JSON.
func (e *Event) appendLine(dst []byte) []byte {
	r := record{
		Time: e.Time.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), Honeypot: e.Name, Service: e.Service, Action: e.Action,
		SrcIP: e.Src.Addr().String(), SrcPort: e.Src.Port(), DestIP: e.Dst.Addr().String(), DestPort: e.Dst.Port(),
		Client: e.Client, Method: e.Method, Data: e.Data, Refused: e.Refused,
	}
	if e.Method != "" {
		r.User = &e.User
	}
	if e.hasPassword {
		r.Password = &e.Password
	}
	line, err := json.Marshal(r)
	if err != nil { // of texts and numbers there is none
		return dst
	}
	return append(append(dst, line...), '\n')
}
