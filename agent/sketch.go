package agent

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/alert"
)

// sketchSize bounds the keys that are counted.
const sketchSize = 1024

// sketchHalf is the weight after which counts are halved.
const sketchHalf = 1 << 22

// A sketch counts the heaviest of very many keys in bounded memory: Space-Saving (Metwally, Agrawal, El Abbadi:
// Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005). A key that makes up more than one
// part in sketchSize of all weight is in it for sure; its count may be too high by that of the key it pushed out.
// All counts are halved now and then, so that what was busy long ago goes.
type sketch struct {
	counts map[string]*hot
	least  leastHot
	weight float64
}

// hot is a key of a rule.
type hot struct {
	id    string
	rule  string
	key   []alert.Named
	count float64
	over  float64 // of count, what the key that was pushed out had
	noise float64 // the variance of the rest: of samples that stand for more than one packet
	at    int     // in the heap
}

// off is how far count may be from the truth: by what it took over, and by two standard deviations of the samples,
// within which 19 of 20 estimates are. It is 0 where every packet was counted.
func (h *hot) off() float64 { return h.over + 2*math.Sqrt(h.noise) }

func (s *sketch) init() { s.counts = make(map[string]*hot, sketchSize) }

func (s *sketch) add(rule string, key []alert.Named, weight float64) {
	id := rule + "\x00" + keyText(key)
	h := s.counts[id]
	if h == nil {
		if len(s.least) < sketchSize {
			h = new(hot)
			heap.Push(&s.least, h)
		} else {
			h = s.least[0]
			delete(s.counts, h.id)
		}
		h.id, h.rule, h.key = id, rule, key
		h.over, h.noise = h.count, 0
		s.counts[id] = h
	}
	h.count += weight
	h.noise += weight * (weight - 1) // of a packet that is taken with the probability 1/weight
	heap.Fix(&s.least, h.at)
	if s.weight += weight; s.weight > sketchHalf {
		s.weight /= 2
		for _, h := range s.least {
			h.count /= 2
			h.over /= 2
			h.noise /= 4
		}
	}
}

// forget drops the keys of rules that are gone.
func (s *sketch) forget(rules map[string]bool) {
	s.least = slices.DeleteFunc(s.least, func(h *hot) bool {
		if rules[h.rule] {
			delete(s.counts, h.id)
			return true
		}
		return false
	})
	for i, h := range s.least {
		h.at = i
	}
	heap.Init(&s.least)
}

// top returns the n keys with the highest counts, those of equal counts by rule and key.
func (s *sketch) top(n int) []*hot {
	out := slices.Clone(s.least)
	slices.SortFunc(out, func(a, b *hot) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.id, b.id))
	})
	return out[:min(n, len(out))]
}

// leastHot is a heap, the key with the lowest count first.
type leastHot []*hot

// Len implements [heap.Interface], as do the methods below; they keep hot.at.
func (l leastHot) Len() int { return len(l) }

// Less implements [heap.Interface].
func (l leastHot) Less(i, j int) bool { return l[i].count < l[j].count }

// Swap implements [heap.Interface].
func (l leastHot) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].at, l[j].at = i, j
}

// Push implements [heap.Interface].
func (l *leastHot) Push(x any) {
	h := x.(*hot)
	h.at = len(*l)
	*l = append(*l, h)
}

// Pop implements [heap.Interface].
func (l *leastHot) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
