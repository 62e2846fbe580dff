package rules

import (
	"math"

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
