package main

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// script is what a program takes, run by run; the last value stands for all that follow.
type script []float64

// testJudge returns a judge of scripted programs, and a record of who was run.
func testJudge(base, head map[string]script) (*judge, *[]string) {
	var ran []string
	at := map[string]int{}
	return &judge{limit: 1.3, runs: 5, tell: func(string, ...any) {}, take: func(name string, isHead bool) (float64, error) {
		s, side := base[name], "base"
		if isHead {
			s, side = head[name], "head"
		}
		ran = append(ran, name+" "+side)
		k := fmt.Sprint(name, isHead)
		at[k]++
		return s[min(at[k], len(s))-1], nil
	}}, &ran
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name       string
		base, head script
		slower     bool
		runs       int // of the head
	}{
		{name: "equal", base: script{100}, head: script{100}, runs: 5},
		{name: "faster", base: script{100}, head: script{50}, runs: 5},
		{name: "at the limit", base: script{100}, head: script{130}, runs: 5},
		{name: "over the limit", base: script{100}, head: script{131}, slower: true, runs: 20},
		{name: "two bad runs of five", base: script{100}, head: script{100, 900, 900, 100}, runs: 5},
		{name: "a bad minute, then none", base: script{100}, head: script{900, 900, 900, 900, 900, 100}, runs: 20},
		{name: "slower, after all", base: script{100}, head: script{900, 900, 900, 900, 900, 140}, slower: true, runs: 20},
		{name: "a base that was lucky at first", base: script{10, 10, 10, 10, 10, 100}, head: script{100}, runs: 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, ran := testJudge(map[string]script{"x": tt.base}, map[string]script{"x": tt.head})
			vs, err := j.compare([]string{"x"})
			if err != nil {
				t.Fatal(err)
			}
			if got := vs[0].over(j.limit); got != tt.slower {
				t.Errorf("ratio %.2f, slower %t, want %t", vs[0].ratio(), got, tt.slower)
			}
			heads := 0
			for _, r := range *ran {
				if r == "x head" {
					heads++
				}
			}
			if heads != tt.runs || len(*ran) != 2*tt.runs {
				t.Errorf("the head ran %d times of %d runs, want %d times and the base as often", heads, len(*ran), tt.runs)
			}
		})
	}
}

// TestJudgeRetriesOnlyDoubtful measures again what was over the limit, and nothing else.
func TestJudgeRetriesOnlyDoubtful(t *testing.T) {
	j, ran := testJudge(map[string]script{"good": {100}, "bad": {100}}, map[string]script{"good": {100}, "bad": {200}})
	vs, err := j.compare([]string{"good", "bad"})
	if err != nil {
		t.Fatal(err)
	}
	if vs[0].over(j.limit) || !vs[1].over(j.limit) {
		t.Errorf("ratios %.2f and %.2f", vs[0].ratio(), vs[1].ratio())
	}
	if len(vs[0].head) != 5 || len(vs[1].head) != 15 || len(vs[1].base) != 15 {
		t.Errorf("%d, %d and %d runs are judged", len(vs[0].head), len(vs[1].head), len(vs[1].base))
	}
	if first := (*ran)[:8]; !slices.Equal(first, []string{"good base", "good head", "bad base", "bad head", "good head", "good base", "bad head", "bad base"}) {
		t.Errorf("the two are not run in turn: %v", first)
	}
}

func TestJudgeFailure(t *testing.T) {
	j, _ := testJudge(nil, nil)
	broken := errors.New("broken")
	j.take = func(string, bool) (float64, error) { return 0, broken }
	if _, err := j.compare([]string{"x"}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 100, 2}, 3},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.values, got, tt.want)
		}
	}
}
