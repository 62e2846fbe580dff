package reputation

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

const (
	// maxName is the most characters of a domain name: 255 octets on the wire (RFC 1035, section 2.3.4).
	maxName = 253
	// maxLabel is the most characters of one of its labels.
	maxLabel = 63
)

// canonical appends the one form that an indicator is known by to dst: an address as netip writes it,
// IPv4 out of IPv6 where it is mapped, or a domain name in lower case without a dot at its end. addr is
// valid where it is an address. ok is false where the text is neither; dst is then as it was. It
// allocates nothing where dst has room.
func canonical(dst []byte, text string) (_ []byte, addr netip.Addr, ok bool) {
	if text == "" {
		return dst, addr, false
	}
	if looksLikeAddr(text) {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return dst, addr, false
		}
		a = a.Unmap()
		return a.AppendTo(dst), a, true
	}
	out, ok := appendName(dst, text)
	return out, addr, ok
}

// looksLikeAddr tells addresses from names: no name has a colon, nor a last label of digits alone
// (RFC 3696, section 2).
func looksLikeAddr(s string) bool {
	if strings.IndexByte(s, ':') >= 0 {
		return true
	}
	for i := len(s) - 1; i >= 0 && s[i] != '.'; i-- {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s[len(s)-1] != '.'
}

// appendName appends a domain name in canonical form, or returns dst and false.
func appendName(dst []byte, s string) ([]byte, bool) {
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "" || len(s) > maxName {
		return dst, false
	}
	out, label := dst, 0 // label is the length of the one at hand
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.':
			if label == 0 || s[i-1] == '-' {
				return dst, false
			}
			label = -1
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case c == '-':
			if label == 0 {
				return dst, false
			}
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_':
		default:
			return dst, false
		}
		if label++; label > maxLabel {
			return dst, false
		}
		out = append(out, c)
	}
	if label == 0 || s[len(s)-1] == '-' || looksLikeAddr(s) {
		return dst, false
	}
	return out, true
}

// A Pattern is an entry of a list: a prefix, or a domain name that stands for itself and all below it.
type Pattern struct {
	prefix netip.Prefix // valid for addresses
	name   string
}

// String returns the pattern as a list has it.
func (p Pattern) String() string {
	switch {
	case !p.prefix.IsValid():
		return p.name
	case p.prefix.IsSingleIP():
		return p.prefix.Addr().String()
	}
	return p.prefix.String()
}

// MarshalText implements encoding.TextMarshaler.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pattern) UnmarshalText(text []byte) (err error) {
	*p, err = parsePattern(string(text))
	return err
}

// parsePattern reads an address, a prefix as 192.0.2.0/24, or a domain name. The error says what to write.
func parsePattern(s string) (Pattern, error) {
	if _, _, ok := strings.Cut(s, "/"); ok {
		return parsePrefix(s)
	}
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(s, "*"), "."); ok && rest != "" {
		return Pattern{}, fmt.Errorf("%q has a wildcard; write %q, which stands for the names below it too", s, rest)
	}
	if !isASCII(s) {
		ascii, err := idna.Lookup.ToASCII(s)
		if err != nil {
			return Pattern{}, fmt.Errorf("%q is not a domain name that can be written in ASCII; write it as it is in DNS, with xn--", s)
		}
		s = ascii
	}
	text, addr, ok := canonical(nil, s)
	switch {
	case !ok && strings.Contains(s, "%"):
		return Pattern{}, fmt.Errorf("%q has a zone; write the address without it", s)
	case !ok:
		return Pattern{}, fmt.Errorf("%q is not an address, a prefix as 192.0.2.0/24 or a domain name", s)
	case addr.IsValid():
		return Pattern{prefix: netip.PrefixFrom(addr, addr.BitLen())}, nil
	}
	return Pattern{name: string(text)}, nil
}

func parsePrefix(s string) (Pattern, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q is not a prefix; write one as 192.0.2.0/24 or 2001:db8::/32", s)
	}
	if p.Addr().Is4In6() {
		return Pattern{}, errors.New("prefixes of IPv4 in IPv6 are not matched; write the IPv4 prefix")
	}
	if p != p.Masked() {
		return Pattern{}, fmt.Errorf("%q has bits set behind its length; write %s, or the address alone", s, p.Masked())
	}
	return Pattern{prefix: p}, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
