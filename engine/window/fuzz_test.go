package window

import "testing"

// FuzzTable reads operations from bytes and holds the table against the model. A byte chooses what happens, those
// after it how: how far the clock goes, how late an event is, which key and value.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"))
	f.Add([]byte("\x80\x01\x01\xff\x81\x22\x30\x13\xc0\x10\x10\x00\xff\xff\x01\x02\x40\x41\x42"))
	burst := []byte{}
	for i := range 300 {
		burst = append(burst, byte(i)&0x0f|0x30, byte(i), byte(i*7))
	}
	f.Add(burst)
	cells := []Cell{
		{Kind: Count, Span: 100, Need: 70},
		{Kind: Count, Span: 1, Need: 3},
		{Kind: Distinct, Span: 100, Need: 3},
		{Kind: Distinct, Span: 64, Need: 1000},
		{Kind: Series, Span: 100},
		{Kind: Changes, Span: 129, Need: 2},
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPair(t, Config{KeyWords: 1, Cells: cells, MaxKeys: 4, Life: 1 << 40, Spill: -1})
		data = data[:min(len(data), 600)]
		most := 5000 // events: the model takes time as their square
		for len(data) >= 3 && most > 0 {
			op, a, b := data[0], data[1], data[2]
			data = data[3:]
			key := uint64(op & 3)
			n := 1
			switch op >> 6 {
			case 1: // a long pause
				p.clock += int64(a)
			case 2: // late
				p.event(key, uint64(b), float64(b), p.clock-int64(a))
				continue
			case 3: // many
				n = int(op>>2&0xf) * 8
			}
			most -= n
			for i := range n {
				p.clock += int64(a & 3)
				p.event(key, uint64(b)+uint64(i)*uint64(a>>7), float64(a), p.clock)
			}
			p.check(key)
		}
		for key := range p.models {
			p.check(key)
		}
		p.checkLeaks()
	})
}
