package ast

import (
	"math"
	"time"
	_ "time/tzdata" // zones are known on hosts without a database too

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

// Log2 returns the binary logarithm of a number above 0; of others NaN, which stands for a value that is not there.
func Log2(n float64) float64 {
	if n > 0 {
		return math.Log2(n)
	}
	return math.NaN()
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

// Network returns the first address of the network of a: the prefix has bits4 bits, 0 to 32, where a is an
// IPv4 address, and bits6, 0 to 128, where it is an IPv6 address.
func Network(a packet.Addr, bits4, bits6 int) packet.Addr {
	if a.Is4() {
		bits6 = 96 + bits4
	}
	if bits6 <= 64 {
		return packet.Addr{Hi: a.Hi &^ (^uint64(0) >> bits6)}
	}
	return packet.Addr{Hi: a.Hi, Lo: a.Lo &^ (^uint64(0) >> (bits6 - 64))}
}

// Hour returns the hour of the day, 0 to 23, of a time in seconds since 1970-01-01.
func Hour(epoch float64, zone *time.Location) int64 { return int64(wallClock(epoch, zone).Hour()) }

// Weekday returns the day of the week, 0 (Sunday) to 6 (Saturday), of a time in seconds since 1970-01-01.
func Weekday(epoch float64, zone *time.Location) int64 {
	return int64(wallClock(epoch, zone).Weekday())
}

// wallClock is the second of a time in a zone. Times that no calendar reaches are those at its ends.
func wallClock(epoch float64, zone *time.Location) time.Time {
	const most = 1 << 50 // seconds, some 35 million years
	return time.Unix(int64(math.Floor(max(-most, min(epoch, most)))), 0).In(zone)
}

// Zone returns the time zone that a call of hour or weekday names: UTC where it names none.
func (e *CallExpr) Zone() *time.Location {
	if len(e.Args) < 2 {
		return time.UTC
	}
	zone, err := time.LoadLocation(e.Args[1].(*ConstExpr).Value.Str)
	if err != nil {
		return time.UTC // the checker has loaded it
	}
	return zone
}

// Bits returns the lengths of the prefixes that a call of network names.
func (e *CallExpr) Bits() (bits4, bits6 int) {
	bits4, bits6 = int(e.Args[1].(*ConstExpr).Value.Int), 64
	if len(e.Args) > 2 {
		bits6 = int(e.Args[2].(*ConstExpr).Value.Int)
	}
	return bits4, bits6
}
