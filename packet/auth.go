package packet

import "net/netip"

// What became of a login: the values of auth.result.
const (
	AuthSuccess = "success" // the account was entered
	AuthFailure = "failure" // an account was named, and was not entered
	AuthProbe   = "probe"   // a connection that named no account: a health check, a scanner, a client that broke off
)

// AuthResults returns the values of auth.result.
func AuthResults() []string { return []string{AuthSuccess, AuthFailure, AuthProbe} }

// An Auth is a login that a log tells of, or a probe.
type Auth struct {
	Time int64          // nanoseconds since 1970-01-01 00:00:00 UTC, as the log has it
	Src  netip.AddrPort // the client; the zero value where the log names none, port 0 where it does not tell
	Dst  netip.AddrPort // where it came in; mostly the zero value, as logs do not tell

	User    string // the account; "" where none was named
	Service string // the program that was logged in to, as "sshd"
	Host    string // whose log it is
	Method  string // how, in the words of the service, as "password"; "" where the log does not tell
	Reason  string // why not, as "bad_credential"; "" for a success and where the log does not tell
	Result  string // AuthSuccess, AuthFailure or AuthProbe
}

// Event returns a new Packet that describes the login, for rules with on = "auth". Without an address of the client it has no
// IP layer, so that rules by ip.src do not see it. Where the log does not tell where the client came in, ip.dst is the
// unspecified address and dst.port 0. User may hold any bytes; the caller bounds its length.
func (a *Auth) Event() *Packet {
	p := &Packet{
		Time: a.Time, Class: ClassAuth, Layers: LayerFrame | LayerAuth,
		Attrs: &Attributes{User: a.User, Service: a.Service, Host: a.Host, Method: a.Method, Reason: a.Reason, Result: a.Result,
			Success: a.Result == AuthSuccess},
	}
	if !a.Src.Addr().IsValid() {
		return p
	}
	p.Layers |= LayerIP
	p.Src = AddrFromNetip(a.Src.Addr().Unmap())
	switch dst := a.Dst.Addr().Unmap(); {
	case dst.IsValid():
		p.Dst = AddrFromNetip(dst)
	case p.Src.Is4():
		p.Dst = AddrFrom4([4]byte{})
	}
	if a.Src.Port() != 0 || a.Dst.Port() != 0 {
		p.Layers |= LayerPorts
		p.SrcPort, p.DstPort = a.Src.Port(), a.Dst.Port()
	}
	return p
}
