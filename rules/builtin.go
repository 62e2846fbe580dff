package rules

import (
	"bytes"
	"math"
	"unsafe"

	"golang.org/x/net/publicsuffix"

	"github.com/ruleids/ruleids/packet"
)

// Entropy returns the Shannon entropy of the bytes of s in bits a byte, from 0 to 8; 0 for no bytes.
func Entropy(s []byte) float64 {
	if len(s) == 0 {
		return 0
	}
	var counts [256]int
	for _, b := range s {
		counts[b]++
	}
	// H = log2(n) - sum(c * log2(c)) / n
	var sum float64
	n := float64(len(s))
	for _, c := range counts {
		if c > 1 {
			sum += float64(c) * math.Log2(float64(c))
		}
	}
	return max(0, math.Log2(n)-sum/n)
}

// RegisteredDomain returns the public suffix of a DNS name and the label before it, as a part of
// name: the part that someone registered. Letters compare without regard to case and are returned as
// they are. A name that has no such part (a public suffix, a single label, no name at all) is
// returned whole. A final dot is dropped. For a name in lower case all that is allocated is the small
// error of netip.ParseAddr by which publicsuffix finds out that a name is no address.
func RegisteredDomain(name []byte) []byte {
	trimmed := bytes.TrimSuffix(name, []byte{'.'})
	if len(trimmed) == 0 || len(trimmed) > packet.MaxName {
		return name
	}
	lower, owned := trimmed, false
	for i, b := range trimmed {
		if b < 'A' || b > 'Z' {
			continue
		}
		if !owned {
			lower, owned = bytes.Clone(trimmed), true
		}
		lower[i] = b + 'a' - 'A'
	}
	suffix, _ := publicsuffix.PublicSuffix(unsafe.String(&lower[0], len(lower)))
	rest := len(trimmed) - len(suffix) - 1 // the dot before the suffix
	if rest < 1 || trimmed[rest] != '.' {
		return name
	}
	return trimmed[1+bytes.LastIndexByte(trimmed[:rest], '.'):]
}

// IsPrivate reports whether an address is one of RFC 1918, of fc00::/7 (RFC 4193), loopback or
// link-local: addresses that say nothing to anyone outside.
func IsPrivate(a packet.Addr) bool {
	if a.Is4() {
		v := uint32(a.Lo)
		return v>>24 == 10 || v>>20 == 0xac1 || v>>16 == 0xc0a8 || v>>24 == 127 || v>>16 == 0xa9fe
	}
	return a.Hi>>57 == 0xfc>>1 || // fc00::/7
		a.Hi>>54 == 0xfe80>>6 || // fe80::/10
		a.Hi == 0 && a.Lo == 1 // ::1
}

// Hour returns the hour of the day in UTC, 0 to 23, of a time in seconds since 1970-01-01.
func Hour(epoch float64) int64 {
	day := math.Mod(math.Floor(epoch), 86400)
	if day < 0 {
		day += 86400
	}
	return int64(day) / 3600
}
