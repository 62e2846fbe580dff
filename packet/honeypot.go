package packet

import "net/netip"

// What a client does at a honeypot: the values of honeypot.action.
const (
	HoneypotConnect = "connect" // it opened a connection
	HoneypotLogin   = "login"   // it gave a user name, with or without a password
	HoneypotCommand = "command" // it sent a command, or data that the service takes for one
)

// A Honeypot says what a client did at a honeypot, in the order of a report: when, from where, to where, what.
type Honeypot struct {
	Time int64          // nanoseconds since 1970-01-01 00:00:00 UTC
	Src  netip.AddrPort // the client; a zone is dropped, an IPv4-mapped address is an IPv4 address
	Dst  netip.AddrPort // where it connected to

	Service string // what the honeypot plays, as "ssh"
	Action  string // HoneypotConnect, HoneypotLogin or HoneypotCommand
	User    string // the user name that the client gave; empty where it gave none
	Client  string // the software that the client says it is; empty where it does not say
}

// Event returns a new Packet that describes the event, for rules with on = "honeypot". An alert that comes of it has the
// addresses, the ports and the Community ID of the client's TCP connection. Without an address at either end the event
// has no IP layer, and rules by ip.src do not see it. User and Client are the client's words, and may hold any bytes;
// the caller bounds their length.
func (h *Honeypot) Event() *Packet {
	p := &Packet{
		Time: h.Time, Class: ClassHoneypot, Layers: LayerFrame | LayerHoneypot,
		Attrs: &Attributes{Service: h.Service, Action: h.Action, User: h.User, Client: h.Client},
	}
	if h.Src.IsValid() && h.Dst.IsValid() {
		p.Layers |= LayerIP | LayerPorts
		p.Src, p.Dst = AddrFromNetip(h.Src.Addr().Unmap()), AddrFromNetip(h.Dst.Addr().Unmap())
		p.SrcPort, p.DstPort = h.Src.Port(), h.Dst.Port()
		p.IPProto, p.IPVersion = protoTCP, 6 // honeypots listen on TCP
		if p.Src.Is4() && p.Dst.Is4() {
			p.IPVersion = 4
		}
	}
	return p
}
