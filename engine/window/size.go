package window

import "math/bits"

const (
	lineWords       = 8 // words of a line of the cache; chunks of rows begin at one
	defaultMaxBytes = 64 << 20
	defaultSpill    = 16       // events for each of MaxKeys
	exactMax        = 4097     // the largest Need that is exact: more than 4096
	ringMin         = 6        // order of the largest block of a Count: 64 times at least,
	ringMax         = 13       // 8192 at most,
	ringFuzzy       = 10       // and 1024 before panes where Need is above 4096
	distinctSample  = blockMax // order of the largest block of a sampled Distinct
)

func (c Config) withDefaults() Config {
	if c.MaxKeys <= 0 {
		c.MaxKeys = defaultMaxKeys
	}
	if c.KeyWords == 0 {
		c.MaxKeys = 1
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = max(defaultMaxBytes, int64(c.MaxKeys)<<10)
	}
	if c.Spill == 0 {
		c.Spill = defaultSpill * c.MaxKeys
	}
	if c.Life <= 0 {
		for _, cell := range c.Cells {
			c.Life = max(c.Life, cell.Span)
		}
	}
	c.Life = min(c.Life, maxSpan)
	return c
}

// layout places the cells in a row.
func layout(c Config) (cells []cell, stride int) {
	off := rowKey + c.KeyWords
	for _, d := range c.Cells {
		k := cell{kind: d.Kind, off: off, span: min(max(d.Span, 1), maxSpan)}
		k.width = paneWidth(k.span)
		need := d.Need
		if need <= 0 {
			need = exactMax
		}
		aim := need
		if d.Need <= 0 && d.Aim > 0 {
			aim = d.Aim
		}
		k.scale = 1 / float64(aim)
		k.rank = rank(aim)
		switch d.Kind {
		case Count, Changes:
			k.size = ringWords
			if d.Kind == Changes {
				k.size += changesRing
			}
			k.value = 1
			switch {
			case need > exactMax:
				k.order = ringFuzzy
			default:
				k.order = min(max(ceilOrder(2*need), ringMin), ringMax)
			}
		case Distinct:
			k.size = distinctWords
			if d.Need <= 0 || d.Need > exactMax {
				k.fuzzy, k.order = true, distinctSample
				break
			}
			want := min(max(4*need, 64), exactMax)
			for k.order = hashedMin; hashedCap(k.order) < want; {
				k.order++
			}
		case Series:
			k.parts = d.Parts
			if k.parts == 0 {
				k.parts = Total | Events | Squares | Extremes
			}
			if k.parts&(Squares|Extremes) != 0 {
				k.parts |= Events
			}
			k.events = k.parts&Events != 0
			k.totals = seriesTotals(k.parts)
			k.value = k.totals
			if k.events {
				k.value++
			}
			k.order = ceilOrder(k.value * panes)
			k.size = 1 + k.totals + seriesRest
			if d.NeedSum > 0 {
				k.scale, k.bySum = 1/d.NeedSum, true
			}
		case Quantile:
			k.size, k.order = quantileWords, quantileMost
		case Raw:
			k.size, k.scale = d.Words, 0
		}
		if k.value > 0 {
			k.pane = ceilOrder(k.value * panes)
		}
		cells = append(cells, k)
		off += k.size
	}
	if off < lineWords {
		off = lineWords // a small row in one line of the cache
	}
	return cells, off
}

// rank orders events for the memory of evicted rows: the fewer events a rule needs, the more one is worth.
func rank(need int) uint8 {
	return uint8(max(0, 9-max(2, bits.Len(uint(need-1)))))
}

// largestOrder is that of the largest block that a cell may have.
func largestOrder(cells []cell) uint {
	o := uint(unitOrder)
	for i := range cells {
		o = max(o, cells[i].order, cells[i].pane)
	}
	return o
}

// BytesPerKey returns the memory that a key takes with one event, and with windows grown to their largest.
func (c Config) BytesPerKey() (least, most int64) {
	c = c.withDefaults()
	cells, stride := layout(c)
	least = int64(stride)*8 + 16
	most = least + 16
	for i := range cells {
		k := &cells[i]
		switch k.kind {
		case Count, Changes:
			most += 8<<k.order + 8<<k.pane
		case Distinct, Quantile:
			most += 8 << k.order
		case Series:
			most += max(int64(8)<<k.order, int64(8)<<k.pane)
		}
	}
	return least, most
}

// Bound returns the memory that a table never exceeds, in bytes. While its index or a block grows, the old
// one is still there; that moment is not counted.
func (c Config) Bound() int64 {
	c = c.withDefaults()
	cells, stride := layout(c)
	chunks := int64(c.MaxKeys-1)>>rowChunk + 1
	n := chunks*int64(stride)<<(rowChunk+3) + sliceBound(chunks)
	n += IndexSlots(c.MaxKeys) * 8
	if hasBlocks(cells) {
		n += int64(arenaChunks(largestOrder(cells), c.MaxBytes)) * (chunkBytes + 9)
	}
	return n + spillBound(c.Spill, cells)
}

// sliceBound is the most that append makes of a slice of n slices.
func sliceBound(n int64) int64 { return 24 * max(8, 2*n) }

func hasBlocks(cells []cell) bool {
	for i := range cells {
		if cells[i].kind != Raw {
			return true
		}
	}
	return false
}
