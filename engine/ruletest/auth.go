package ruletest

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// authKind is the kind that makes logins, as a log tells of them.
const authKind = "auth"

// setSuccess takes whether the login succeeded, which result says, too.
func setSuccess(s *spec, b bool) error {
	was := s.result
	if s.result = packet.AuthFailure; b {
		s.result = packet.AuthSuccess
	}
	if was != "" && was != s.result {
		return fmt.Errorf("is %v, and result is %q; leave one of them out", b, was)
	}
	return nil
}

// setResult takes what became of the login.
func setResult(s *spec, text string) error {
	if !slices.Contains(packet.AuthResults(), text) {
		return fmt.Errorf("must be one of %s; it is %q", strings.Join(packet.AuthResults(), ", "), text)
	}
	if s.result != "" && s.result != text {
		return fmt.Errorf("is %q, and success says %q; leave one of them out", text, s.result)
	}
	s.result = text
	return nil
}

// login returns the login of a spec, without its time. A failure has the reason bad_credential where none is given.
func (s *spec) login() (*packet.Packet, error) {
	if s.src.IsValid() && s.dst.IsValid() && s.src.Is4() != s.dst.Is4() {
		return nil, fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	if !s.src.IsValid() && (s.dst.IsValid() || s.srcPort > 0 || s.dstPort > 0) {
		return nil, errors.New("a login with a destination or ports needs src")
	}
	a := packet.Auth{
		Src:  netip.AddrPortFrom(s.src, uint16(s.srcPort)),
		Dst:  netip.AddrPortFrom(s.dst, uint16(s.dstPort)),
		User: s.user, Service: s.service, Host: s.host, Method: s.method, Reason: s.reason, Result: s.result,
	}
	a.Result = cmp.Or(a.Result, packet.AuthFailure)
	if a.Result == packet.AuthFailure && a.Reason == "" {
		a.Reason = "bad_credential"
	}
	if a.Result == packet.AuthProbe {
		a.Method = ""
	}
	return a.Event(), nil
}
