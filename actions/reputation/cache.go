package reputation

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An entry is a verdict in memory.
type entry struct {
	Verdict
	expires int64 // Unix seconds
	renew   int64 // from when on it is asked for again, so that no gap comes
	domain  bool
	passing bool // a failure that is remembered for a while; never written to a file
	used    atomic.Int64
}

// usedStep is how exactly entries know when they were used, in seconds: rarely written is cheap to share
// between processors.
const usedStep = 60

// A cache holds a bounded number of verdicts by canonical indicator. Any number of goroutines may read;
// one writes, and holds the lock only to change the map.
type cache struct {
	limit int

	mu      sync.RWMutex
	entries map[string]*entry
}

func newCache(limit int) *cache { return &cache{limit: limit, entries: map[string]*entry{}} }

// get returns the entry of an indicator that holds at a time in Unix seconds, or nil.
func (c *cache) get(text string, now int64) *entry {
	c.mu.RLock()
	e := c.entries[text]
	c.mu.RUnlock()
	return e.at(now)
}

// getBytes is get, without a string.
func (c *cache) getBytes(text []byte, now int64) *entry {
	c.mu.RLock()
	e := c.entries[string(text)]
	c.mu.RUnlock()
	return e.at(now)
}

func (e *entry) at(now int64) *entry {
	if e == nil || now >= e.expires {
		return nil
	}
	if now-e.used.Load() >= usedStep {
		e.used.Store(now)
	}
	return e
}

// put adds an entry or replaces one. Where the cache is full, room is made for a while.
func (c *cache) put(e *entry, now time.Time) {
	c.mu.Lock()
	c.entries[e.Indicator] = e
	n := len(c.entries)
	c.mu.Unlock()
	if n > c.limit {
		c.trim(now)
	}
}

// trim drops what has expired, then what matters least, until a sixteenth is free: clean before bad, then what was
// used longest ago.
func (c *cache) trim(now time.Time) {
	type candidate struct {
		text string
		tier Tier
		used int64
	}
	c.mu.RLock()
	all := make([]candidate, 0, len(c.entries))
	var gone []string
	for text, e := range c.entries {
		if now.Unix() >= e.expires {
			gone = append(gone, text)
		} else {
			all = append(all, candidate{text, e.Tier, e.used.Load()})
		}
	}
	c.mu.RUnlock()
	if room := c.limit - c.limit/16; len(all) > room {
		slices.SortFunc(all, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.used, b.used), cmp.Compare(a.text, b.text))
		})
		for _, x := range all[:len(all)-room] {
			gone = append(gone, x.text)
		}
	}
	// In pieces, since packets wait for the lock.
	for piece := range slices.Chunk(gone, 256) {
		c.mu.Lock()
		for _, text := range piece {
			delete(c.entries, text)
		}
		c.mu.Unlock()
	}
}

// len returns the number of entries, expired ones included.
func (c *cache) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.entries)
}

// verdicts returns what a file is to keep, by time and then by indicator.
func (c *cache) verdicts(now time.Time) []Verdict {
	c.mu.RLock()
	out := make([]Verdict, 0, len(c.entries))
	for _, e := range c.entries {
		if !e.passing && now.Unix() < e.expires {
			out = append(out, e.Verdict)
		}
	}
	c.mu.RUnlock()
	slices.SortFunc(out, func(a, b Verdict) int {
		return cmp.Or(a.Asked.Compare(b.Asked), cmp.Compare(a.Indicator, b.Indicator))
	})
	return out
}
