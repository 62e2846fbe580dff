package capture

import (
	"math"
	"math/bits"
)

// clock turns the times of an interface to nanoseconds since 1970. What does not fit 64 bits,
// beyond the year 2262, is the last or first time that does.
type clock struct {
	factor uint64 // nanoseconds of one unit, where that is a whole number and offset is 0
	below  uint64 // times from here on overflow, or need slow for another reason

	resolution byte  // if_tsresol
	offset     int64 // nanoseconds
}

// newClock takes the options if_tsresol and if_tsoffset (seconds) of an interface
// (draft-ietf-opsawg-pcapng, section 4.2).
func newClock(resolution byte, seconds int64) clock {
	c := clock{resolution: resolution, offset: saturate(seconds)}
	if resolution <= 9 && seconds == 0 {
		c.factor = tenTo(9 - resolution)
		c.below = math.MaxInt64/c.factor + 1
	}
	return c
}

func (c *clock) time(t uint64) int64 {
	if t < c.below {
		return int64(t * c.factor)
	}
	return c.slow(t)
}

// slow is time for clocks other than decimal ones down to nanoseconds, and for times far off.
func (c *clock) slow(t uint64) int64 {
	var hi, lo uint64 // t in nanoseconds
	const binary = 0x80
	switch e := c.resolution &^ binary; {
	case c.resolution&binary != 0:
		hi, lo = bits.Mul64(t, 1e9)
		if e >= 64 {
			hi, lo = 0, hi>>(e-64)
		} else if e > 0 {
			hi, lo = hi>>e, lo>>e|hi<<(64-e)
		}
	case e <= 9:
		hi, lo = bits.Mul64(t, tenTo(9-e))
	case e <= 9+19:
		lo = t / tenTo(e-9)
	}
	ns := int64(math.MaxInt64)
	if hi == 0 && lo < math.MaxInt64 {
		ns = int64(lo)
	}
	sum := ns + c.offset
	if c.offset > 0 && sum < ns {
		return math.MaxInt64
	}
	return sum // ns is not negative, so a negative offset cannot overflow
}

// tenTo returns 10 to the power of e, which is at most 19.
func tenTo(e byte) uint64 {
	p := uint64(1)
	for ; e > 0; e-- {
		p *= 10
	}
	return p
}

// saturate turns seconds to nanoseconds.
func saturate(seconds int64) int64 {
	const second = 1_000_000_000
	switch {
	case seconds > math.MaxInt64/second:
		return math.MaxInt64
	case seconds < math.MinInt64/second:
		return math.MinInt64
	}
	return seconds * second
}
