package assets

import (
	"math"
	"math/bits"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// fewClients is how many clients of a service are kept with their addresses; of more only the number is known.
const fewClients = 16

// registers is the size of the sketch of more clients: with 256 registers of HyperLogLog their number is estimated within 6.5%
// (Flajolet and others, 2007: the standard error is 1.04/sqrt(registers)).
const registers = 256

// clients are who used a service.
type clients struct {
	few    []packet.Addr // the first ones
	sketch *[registers]uint8
}

// add counts a client, and reports whether it was kept as one of the first.
func (c *clients) add(a packet.Addr) bool {
	if slices.Contains(c.few, a) {
		return false
	}
	if len(c.few) < fewClients {
		c.few = append(c.few, a)
		return true
	}
	if c.sketch == nil {
		c.sketch = new([registers]uint8)
		for _, x := range c.few {
			c.count(x)
		}
	}
	c.count(a)
	return false
}

func (c *clients) count(a packet.Addr) {
	h := fold(side(a, 0)^mix2, mix3)
	rank := uint8(bits.LeadingZeros64(h<<8|registers-1) + 1)
	if r := &c.sketch[h>>56]; *r < rank {
		*r = rank
	}
}

// number returns how many clients there were; above fewClients it is an estimate.
func (c *clients) number() int {
	if c.sketch == nil {
		return len(c.few)
	}
	sum, zeros := 0.0, 0
	for _, r := range c.sketch {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	const alpha = 0.7213 / (1 + 1.079/registers)
	n := alpha * registers * registers / sum
	if n <= 2.5*registers && zeros > 0 { // few for the sketch: the share of registers without any tells more
		n = registers * math.Log(registers/float64(zeros))
	}
	return max(int(math.Round(n)), fewClients+1)
}
