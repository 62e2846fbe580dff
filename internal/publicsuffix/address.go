package publicsuffix

import "bytes"

// isAddress reports whether netip.ParseAddr reads s as an address, which publicsuffix asks first of
// each name. ParseAddr itself allocates an error for all that is not an address: for each name.
func isAddress(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	if last := s[len(s)-1]; '0' <= last && last <= '9' && isIPv4(s) {
		return true
	}
	// The first group of an IPv6 address has at most four digits, and a colon is after it.
	return bytes.IndexByte(s[:min(5, len(s))], ':') >= 0 && isIPv6(s)
}

// isIPv4 reports whether s is four numbers up to 255 without leading zeros, with dots between them.
func isIPv4(s []byte) bool {
	for field := range 4 {
		if field > 0 {
			if len(s) == 0 || s[0] != '.' {
				return false
			}
			s = s[1:]
		}
		n, value := 0, 0
		for ; n < len(s) && n < 4 && '0' <= s[n] && s[n] <= '9'; n++ {
			value = value*10 + int(s[n]-'0')
		}
		if n == 0 || value > 255 || n > 1 && s[0] == '0' {
			return false
		}
		s = s[n:]
	}
	return len(s) == 0
}

// isIPv6 reports whether s is an IPv6 address in one of the forms of RFC 4291, section 2.2, with or
// without the zone of RFC 4007, section 11.
func isIPv6(s []byte) bool {
	s, zone, zoned := bytes.Cut(s, []byte{'%'})
	if zoned && len(zone) == 0 {
		return false
	}
	s, ellipsis := bytes.CutPrefix(s, []byte("::"))
	if ellipsis && len(s) == 0 {
		return true
	}
	groups := 0 // of 16 bits
	for groups < 8 {
		n := 0
		for n < len(s) && isHex(s[n]) {
			n++
		}
		if n == 0 || n > 4 {
			return false
		}
		if n < len(s) && s[n] == '.' { // the last two groups as an IPv4 address
			return (ellipsis && groups < 6 || groups == 6 && !ellipsis) && isIPv4(s)
		}
		groups++
		s = s[n:]
		if len(s) == 0 {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return false
		}
		s = s[1:]
		if s[0] == ':' {
			if ellipsis {
				return false
			}
			ellipsis, s = true, s[1:]
			if len(s) == 0 {
				break
			}
		}
	}
	return len(s) == 0 && (groups == 8) != ellipsis
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
