package window

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A sampleModel keeps every event of a Quantile.
type sampleModel struct {
	cell   cell
	events []modelEvent
	coarse bool
}

func (m *sampleModel) add(e modelEvent, clock int64) {
	if e.at > clock-m.cell.span {
		m.events = append(m.events, e)
	}
	m.trim(clock)
	m.coarse = len(m.events) > 0 && (m.coarse || len(m.events) > quantileExact)
	m.trim(clock)
}

// trim drops what has left, in panes where the cell has a histogram.
func (m *sampleModel) trim(clock int64) {
	m.events = slices.DeleteFunc(m.events, func(e modelEvent) bool {
		return e.at <= clock-m.cell.span || m.coarse && m.cell.paneOf(e.at)<<m.cell.width <= clock-m.cell.span
	})
	m.coarse = m.coarse && len(m.events) > 0
}

func (m *sampleModel) quantile(p float64, clock int64) (low, high float64) {
	m.trim(clock)
	if len(m.events) == 0 {
		return math.NaN(), math.NaN()
	}
	xs := make([]float64, len(m.events))
	for i, e := range m.events {
		xs[i] = e.x
	}
	slices.Sort(xs)
	i := int(p * float64(len(xs)-1) / 100)
	x := xs[i] + (p*float64(len(xs)-1)-100*float64(i))*(xs[min(i+1, len(xs)-1)]-xs[i])/100
	if !m.coarse {
		return x, x
	}
	return x - 0.05*math.Abs(x) - quantileLeast, x + 0.05*math.Abs(x) + quantileLeast
}

// TestQuantile holds quantiles of many kinds of numbers, in windows of few events and of many, against keeping every
// event: exact up to 128, then within 5%. A clone of the table tells the same.
func TestQuantile(t *testing.T) {
	draws := map[string]func(*rand.Rand) float64{
		"even":   func(r *rand.Rand) float64 { return 60 + r.Float64()/10 },
		"spread": func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64() * 2) },
		"wide":   func(r *rand.Rand) float64 { return math.Pow(10, r.Float64()*6-3) },
		"zeros":  func(r *rand.Rand) float64 { return float64(r.IntN(3)) },
		"words":  func(r *rand.Rand) float64 { return float64(64 + r.IntN(1500)) },
	}
	coarse := 0
	for name, draw := range draws {
		for seed := range uint64(8) {
			rnd := rand.New(rand.NewPCG(seed, 9))
			span := int64(1000)
			step := 1 + rnd.IntN(200)
			if seed%2 == 0 {
				step = 1 + rnd.IntN(4)
			}
			table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Quantile, Span: span}}})
			cells, _ := layout(Config{Cells: []Cell{{Kind: Quantile, Span: span}}})
			m := sampleModel{cell: cells[0]}
			clock := int64(1 << 40)
			for i := range 2500 {
				clock += int64(rnd.IntN(step))
				at := clock - int64(rnd.IntN(5)/4*rnd.IntN(1200))
				x := draw(rnd)
				if i == 2000 { // on in another table
					other := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Quantile, Span: span}}})
					other.Migrate(table, []int{0})
					table = other
				}
				key, hash := keyOf(1)
				row := table.Row(key, hash, clock)
				table.Sample(row, 0, x, at, clock)
				m.add(modelEvent{at: at, x: x}, clock)
				if m.coarse {
					coarse++
				}
				if i%7 > 0 {
					continue
				}
				for _, p := range []float64{0, 25, 50, 95, 100} {
					got := table.Quantile(row, 0, p, clock)
					low, high := m.quantile(p, clock)
					if got != got != (low != low) || got < low || got > high {
						t.Fatalf("%s, seed %d, event %d (%d in the window, coarse %t): percentile %g is %g, not between %g and %g", name, seed, i, len(m.events), m.coarse, p, got, low, high)
					}
				}
			}
			key, hash := keyOf(1)
			row := table.Row(key, hash, clock+2*span)
			if got := table.Quantile(row, 0, 50, clock+2*span); got == got {
				t.Fatalf("%s, seed %d: %g in an empty window", name, seed, got)
			}
			if table.arena.used != 0 {
				t.Fatalf("%s, seed %d: %d words are held by an empty window", name, seed, table.arena.used)
			}
			if n := table.Stats().Saturations; n != 0 {
				t.Fatalf("%s, seed %d: %d saturations", name, seed, n)
			}
		}
	}
	if coarse < 5000 {
		t.Errorf("only %d events went to a histogram", coarse)
	}
}

// TestQuantileOfWorstNumbers fills histograms and the memory of a table with numbers of all sizes and both signs:
// what is kept is the newest, nothing is beyond the bound, and numbers that are none are left out.
func TestQuantileOfWorstNumbers(t *testing.T) {
	config := Config{KeyWords: 1, Cells: []Cell{{Kind: Quantile, Span: 1 << 20}, {Kind: Count, Span: 1 << 20, Need: 10}}, MaxKeys: 12, MaxBytes: 1 << 18}
	table := New(config)
	rnd := rand.New(rand.NewPCG(1, 2))
	clock := int64(1 << 40)
	worst := func() float64 {
		if rnd.IntN(20) == 0 {
			return math.Float64frombits(rnd.Uint64())
		}
		return float64(2*rnd.IntN(2)-1) * math.Pow(10, 21*rnd.Float64()-6)
	}
	for i := range 100_000 {
		clock += int64(rnd.IntN(64))
		key, hash := keyOf(uint64(rnd.IntN(4) * rnd.IntN(8)))
		row := table.Row(key, hash, clock)
		at := clock - int64(rnd.IntN(2)*rnd.IntN(1<<21))
		table.Sample(row, 0, worst(), at, clock)
		if got := table.Quantile(row, 0, 100*rnd.Float64(), clock); math.IsInf(got, 0) {
			t.Fatalf("event %d: %g", i, got)
		}
		if b := table.Stats().Bytes; i%64 == 0 && b > config.Bound() {
			t.Fatalf("event %d: %d bytes are more than the bound %d", i, b, config.Bound())
		}
	}
	if s := table.Stats(); s.Saturations+s.Evictions == 0 {
		t.Error("nothing was too much: the test is too small")
	}
	// With room for one histogram that is full, the old makes way: what came last is known.
	key, hash := keyOf(77)
	table = New(Config{KeyWords: 1, Cells: []Cell{{Kind: Quantile, Span: 1 << 20}}})
	for i := range 1 << 17 {
		clock += 8
		x := worst()
		if i >= 1<<17-1<<15 {
			x = 42
		}
		table.Sample(table.Row(key, hash, clock), 0, x, clock, clock)
	}
	if n := table.Stats().Saturations; n == 0 {
		t.Error("the histogram was never full")
	}
	if got := table.Quantile(table.Row(key, hash, clock), 0, 50, clock); got < -1e15 || got > 1e15 {
		t.Errorf("the median is %g", got)
	}
	for range 1 << 17 {
		clock += 8
		table.Sample(table.Row(key, hash, clock), 0, 42, clock, clock)
	}
	if got := table.Quantile(table.Row(key, hash, clock), 0, 50, clock); got < 40 || got > 44.1 {
		t.Errorf("the median of one number is %g", got)
	}
}

// TestQuantileOfWholeNumbers holds that a percentile that is a whole number is just that, as a rule compares it with one.
func TestQuantileOfWholeNumbers(t *testing.T) {
	key, hash := keyOf(1)
	for step := range 20 {
		table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Quantile, Span: 1 << 30}}})
		row := table.Row(key, hash, 0)
		for n := 1; n <= 40; n++ {
			table.Sample(row, 0, float64(100*step*(n-1)), int64(n), int64(n))
			for p := range 101 {
				if got, want := table.Quantile(row, 0, float64(p), int64(n)), float64(p*step*(n-1)); got != want {
					t.Fatalf("the percentile %d of %d numbers, %d apart, is %g, not %g", p, n, 100*step, got, want)
				}
			}
		}
	}
}
