package model

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// gauss draws from about a normal distribution: the sum of twelve.
func gauss(r *random, mean, deviation float64) float64 {
	sum := -6.0
	for range 12 {
		sum += r.float()
	}
	return mean + deviation*sum
}

// host makes what a host does in a minute: bytes (log2), ports, hosts; more by day.
func host(r *random, at int64) []float64 {
	day := math.Sin(float64(at%int64(24*time.Hour)) / float64(24*time.Hour) * 2 * math.Pi)
	return []float64{gauss(r, 20+2*day, 1.5), float64(2 + r.below(6)), float64(1 + r.below(8+int(4*day)))}
}

// flood is what no host does.
func flood(r *random) []float64 {
	return []float64{gauss(r, 36, 0.5), 60000 + float64(r.below(100)), 1}
}

func spec(method Method) Spec {
	return Spec{Name: "host", Definition: "d", Features: []string{"bytes", "ports", "hosts"}, Method: method, Learn: 24 * time.Hour, Seed: 7}
}

// day shows a model hosts' minutes from one time to another, with hosts that flood in between.
func day(m *Model, r *random, from, to time.Duration, hosts int, odd func(at time.Duration, host int) bool) (results []Result) {
	for at := from; at < to; at += time.Minute {
		for h := range hosts {
			x := host(r, int64(at))
			if odd != nil && odd(at, h) {
				x = flood(r)
			}
			results = append(results, m.Sample(int64(at), x))
		}
	}
	return results
}

func TestLearnsThenScores(t *testing.T) {
	for _, method := range []Method{MethodHistogram, MethodForest} {
		t.Run(method.String(), func(t *testing.T) {
			m, r := New(spec(method)), random(1)
			for i, res := range day(m, &r, 0, 24*time.Hour, 10, nil) {
				if res.Scored {
					t.Fatalf("sample %d has a score before the time of learning is over", i)
				}
			}
			odd := 0
			results := day(m, &r, 24*time.Hour, 48*time.Hour, 10, nil)
			for _, res := range results {
				if !res.Scored {
					t.Fatal("a sample has no score after the time of learning")
				}
				if res.Score >= 0.999 {
					odd++
				}
			}
			if share := float64(odd) / float64(len(results)); share > 0.004 {
				t.Errorf("%.4f of what is usual scores 0.999 or more, want 0.001 or little more", share)
			}
			if res := m.Score(0, flood(&r)); res.Score < 0.9999 {
				t.Errorf("a flood scores %v", res.Score)
			}
			parts := m.Explain(nil, []float64{20, 5000, 4})
			if top := Top(parts); top.Feature != "ports" || top.Low < 1 || top.High > 8 || top.Bits < 2 {
				t.Errorf("5,000 ports are explained by %+v", top)
			}
		})
	}
}

func TestExplanationIsExact(t *testing.T) {
	m, r := New(spec(MethodHistogram)), random(1)
	day(m, &r, 0, 25*time.Hour, 10, nil)
	x := []float64{31, 3, math.NaN()}
	sum := 0.0
	for _, p := range m.Explain(nil, x) {
		sum += p.Bits
	}
	if res := m.Score(0, x); res.Raw != sum {
		t.Errorf("the parts add up to %v bits of %v", sum, res.Raw)
	}
}

// A flood while a model learns does not become usual: not in a part of an hour, not over the whole day from one host that
// floods an hour, and not at the very beginning.
func TestFloodDuringLearning(t *testing.T) {
	for name, odd := range map[string]func(at time.Duration, h int) bool{
		"20 minutes, one host": func(at time.Duration, h int) bool {
			return h == 3 && at >= 5*time.Hour && at < 5*time.Hour+20*time.Minute
		},
		"20 minutes, all hosts": func(at time.Duration, h int) bool { return at >= 5*time.Hour && at < 5*time.Hour+20*time.Minute },
		"an hour, half of them": func(at time.Duration, h int) bool { return h < 5 && at >= 90*time.Minute && at < 150*time.Minute },
		"the first half hour":   func(at time.Duration, h int) bool { return at < 30*time.Minute },
	} {
		for _, method := range []Method{MethodHistogram, MethodForest} {
			m, r := New(spec(method)), random(1)
			day(m, &r, 0, 24*time.Hour, 10, odd)
			m.Freeze()
			if m.facts.LeftOut == 0 {
				t.Errorf("%s, %v: nothing was left out", name, method)
			}
			if res := m.Score(0, flood(&r)); res.Score < 0.999 {
				t.Errorf("%s, %v: the flood scores %v later", name, method, res.Score)
			}
			if res := m.Score(0, host(&r, int64(3*time.Hour))); res.Score > 0.99 {
				t.Errorf("%s, %v: what is usual scores %v", name, method, res.Score)
			}
		}
	}
}

// What scores odd is not learned, however often it comes.
func TestFloodAfterLearning(t *testing.T) {
	m, r := New(spec(MethodHistogram)), random(1)
	day(m, &r, 0, 24*time.Hour, 10, nil)
	day(m, &r, 24*time.Hour, 72*time.Hour, 10, func(at time.Duration, h int) bool { return h < 4 })
	if res := m.Score(0, flood(&r)); res.Score < 0.9999 {
		t.Errorf("a flood of two days scores %v", res.Score)
	}
	if f := m.Facts(); f.Odd < 4*47*60 {
		t.Errorf("%d samples were not learned, which is less than the flood", f.Odd)
	}
	if d := m.Drift(); len(d) != 3 || d[0] < Much {
		t.Errorf("the drift is %v where two in five hosts do something else", d)
	}
	quiet := New(spec(MethodHistogram))
	day(quiet, &r, 0, 48*time.Hour, 10, nil)
	if d := quiet.Drift(); slices.Max(d) > 0.1 {
		t.Errorf("the drift is %v where nothing has changed", d)
	}
}

// What goes on slowly is learned, and what a pinned model has learned stays.
func TestFollowsAndPins(t *testing.T) {
	grow := func(m *Model) float64 {
		r := random(1)
		day(m, &r, 0, 24*time.Hour, 10, nil)
		m.Pin(m.spec.Name == "pinned")
		for i := range 200000 {
			m.Sample(int64(25*time.Hour)+int64(i)*1e9, []float64{gauss(&r, 20+3*float64(i)/200000, 1.5), float64(2 + r.below(6)), float64(1 + r.below(8))})
		}
		sum := 0.0
		for range 1000 {
			sum += m.Score(0, []float64{gauss(&r, 23, 1.5), float64(2 + r.below(6)), float64(1 + r.below(8))}).Score
		}
		return sum / 1000
	}
	follows, pinned := spec(MethodHistogram), spec(MethodHistogram)
	pinned.Name = "pinned"
	if a, b := grow(New(follows)), grow(New(pinned)); a > b-0.05 {
		t.Errorf("after slow growth scores are %.3f on average, pinned %.3f", a, b)
	}
}

// A model that is saved and loaded at any time goes on as if it had not been.
func TestSaveAndLoad(t *testing.T) {
	for _, method := range []Method{MethodHistogram, MethodForest} {
		for _, at := range []time.Duration{time.Hour, 23 * time.Hour, 25 * time.Hour, 47 * time.Hour} {
			whole, r := New(spec(method)), random(1)
			want := day(whole, &r, 0, 48*time.Hour, 10, nil)
			m, r := New(spec(method)), random(1)
			got := day(m, &r, 0, at, 10, nil)
			data := m.Save()
			again, err := Load(spec(method), data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.Save(), data) {
				t.Errorf("%v at %v: a baseline that was loaded is saved as something else", method, at)
			}
			got = append(got, day(again, &r, at, 48*time.Hour, 10, nil)...)
			if !slices.Equal(got, want) {
				t.Errorf("%v at %v: scores are others after a restart", method, at)
			}
			if !bytes.Equal(again.Save(), whole.Save()) {
				t.Errorf("%v at %v: the baseline is another one after a restart", method, at)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	m, r := New(spec(MethodForest)), random(1)
	day(m, &r, 0, 25*time.Hour, 10, nil)
	good := m.Save()
	other := spec(MethodForest)
	other.Definition = "e"
	for name, c := range map[string]struct {
		spec   Spec
		data   []byte
		want   error
		remedy string
	}{
		"version":    {m.spec, bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1), ErrVersion, "ruleids model learn"},
		"definition": {other, good, ErrDefinition, "ruleids model forget host"},
		"a count":    {m.spec, bytes.Replace(good, []byte(`"samples":`), []byte(`"samples":1`), 1), ErrDamaged, "Remove the file"},
		"cut short":  {m.spec, good[:len(good)/2], ErrDamaged, "Remove the file"},
		"no JSON":    {m.spec, []byte("\x00"), ErrDamaged, "Remove the file"},
	} {
		if _, err := Load(c.spec, c.data); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.remedy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(Spec{}, good); err != nil {
		t.Errorf("to look at a file: %v", err)
	}
}

// A clock that jumps ahead, samples of one time, missing and huge numbers: no crash, and scores between 0 and 1.
func TestAnySamples(t *testing.T) {
	for _, method := range []Method{MethodHistogram, MethodForest} {
		s := spec(method)
		s.MinSamples, s.Learn = 50, time.Hour
		m, r := New(s), random(3)
		at := int64(-5e18)
		for i := range 3000 {
			switch r.below(20) {
			case 0:
				at += int64(r.next() >> 20)
			case 1:
				at -= int64(r.next() >> 40)
			}
			x := []float64{math.NaN(), math.Inf(1), -math.MaxFloat64}
			for j := range x {
				if r.below(3) > 0 {
					x[j] = gauss(&r, 0, 1e5)
				}
			}
			if res := m.Sample(at, x); res.Score < 0 || res.Score > 1 || math.IsNaN(res.Raw) {
				t.Fatalf("sample %d: %+v", i, res)
			}
			m.Explain(nil, x)
		}
		if _, err := Load(s, m.Save()); err != nil {
			t.Error(err)
		}
	}
}

func TestConstantFeature(t *testing.T) {
	m := New(Spec{Features: []string{"x"}, MinSamples: 100})
	for i := range 100 {
		m.Sample(int64(i), []float64{5})
	}
	m.Freeze()
	p := m.Explain(nil, []float64{5})[0]
	if p.Low != 5 || p.High != 5 {
		t.Errorf("5 and nothing else is usually %v to %v", p.Low, p.High)
	}
	if m.Score(0, []float64{5}).Score != 0 || m.Score(0, []float64{6}).Score != 1 {
		t.Error("a constant is not told from another number")
	}
}

// A model may be frozen after a single sample.
func TestOneSample(t *testing.T) {
	for _, method := range []Method{MethodHistogram, MethodForest} {
		m := New(Spec{Features: []string{"x", "y"}, MinSamples: 1, Method: method})
		m.Sample(0, []float64{1, math.NaN()})
		if r := m.Sample(1, []float64{1e9, 3}); !r.Scored || r.Score != 1 {
			t.Errorf("%v: what was never seen scores %+v", method, r)
		}
		if _, err := Load(m.Spec(), m.Save()); err != nil {
			t.Error(err)
		}
	}
}

func TestScoreAllocatesNothing(t *testing.T) {
	m, x := frozen(MethodHistogram)
	i := 0
	if n := testing.AllocsPerRun(1000, func() { m.Sample(int64(i), x[i%len(x)]); i++ }); n != 0 {
		t.Errorf("%v allocations a sample", n)
	}
}

// frozen returns a model of eight features that has learned, and samples for it.
func frozen(method Method) (*Model, [][]float64) {
	m := New(Spec{Name: "m", Definition: "d", Features: make([]string, 8), Method: method, MinSamples: 10000})
	r := random(1)
	rows := make([][]float64, 4096)
	for i := range rows {
		for range 8 {
			rows[i] = append(rows[i], gauss(&r, 10, 3))
		}
	}
	for i := range 10000 {
		m.Sample(int64(i)*1e9, rows[i%len(rows)])
	}
	return m, rows
}

func BenchmarkHistogram(b *testing.B) {
	m, rows := frozen(MethodHistogram)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Sample(int64(10000+i)*1e9, rows[i%len(rows)])
	}
}

func BenchmarkForest(b *testing.B) {
	m, rows := frozen(MethodForest)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Sample(int64(10000+i)*1e9, rows[i%len(rows)])
	}
}

func FuzzLoad(f *testing.F) {
	m, _ := frozen(MethodHistogram)
	f.Add(m.Save())
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := Load(Spec{}, data); err == nil {
			m.Score(0, make([]float64, len(m.spec.Features)))
		}
	})
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		odd    []bool
		want   float64
	}{
		{[]float64{1, 2, 3}, []bool{false, false, true}, 1},
		{[]float64{3, 2, 1}, []bool{false, false, true}, 0},
		{[]float64{1, 1}, []bool{false, true}, 0.5},
		{[]float64{1, 2, 2, 3}, []bool{false, false, true, true}, 0.875},
		{[]float64{1, 2}, []bool{true, true}, 0.5},
	} {
		if got := AUC(c.scores, c.odd); got != c.want {
			t.Errorf("AUC(%v, %v) = %v, want %v", c.scores, c.odd, got, c.want)
		}
	}
}

func TestLogarithm(t *testing.T) {
	for _, x := range []uint32{1, 2, 3, 5, 1000, 65535, 1<<31 + 1<<30, math.MaxUint32} {
		if got, want := float64(log2(x))/unit, math.Log2(float64(x)); math.Abs(got-want) > 1.5/unit {
			t.Errorf("log2(%d) = %v, want %v", x, got, want)
		}
	}
}

func TestEdges(t *testing.T) {
	a := newAxis(-3, 0.5)
	for bin := range lastBin + 1 {
		from, to := a.edges(bin)
		if got := a.bin((from + to) / 2); got != bin {
			t.Errorf("the middle of bin %d is in bin %d", bin, got)
		}
	}
	if a.bin(math.NaN()) != noBin || a.bin(math.MaxFloat64) != lastBin || a.bin(-math.MaxFloat64) != 0 {
		t.Error("what is far or missing has no bin")
	}
}

func TestLevels(t *testing.T) {
	var l levels
	r := random(1)
	counts := make([]uint32, numLevels)
	for range 5000 {
		k := r.below(300)
		counts[k]++
		l.add(k)
	}
	if !slices.Equal(l.counts(), counts) {
		t.Error("the counts are not those that were added")
	}
	if l.below(300) != 5000 || l.below(0) != 0 {
		t.Error("sums are wrong")
	}
	if q := l.quantile(50, 100); l.below(q) >= 2500 || l.below(q+1) < 2500 {
		t.Errorf("the median is %d", q)
	}
	l.halve()
	if l.n < 2499 || l.n > 2500 {
		t.Errorf("half of 5,000 are %d", l.n)
	}
}
