package engine

import (
	"sync/atomic"
	"unsafe"

	"github.com/ruleids/ruleids/rules"
)

const (
	coolPage = 256     // cooldowns that are made room for at once; the first page of a table is its own
	coolKeys = 1 << 20 // cooldowns beyond the first pages that all tables of an engine hold together
	// coolForced is how many cooldowns that still run a table may give up for new keys in the time of one
	// cooldown. Keys beyond are suppressed: a flood of keys is not to become a flood of alerts.
	coolForced = 1024
	// coolBytes is what one cooldown takes: its entry, and its place in an index that is at least half full
	// before it grows.
	coolBytes = int64(unsafe.Sizeof(cooldown{})) + 4*4
)

// A coolBudget is the room for cooldowns that the tables of an engine share. Tables of different shards
// take from it at once.
type coolBudget struct{ used atomic.Int64 }

// take takes room for one page, or reports that there is none.
func (b *coolBudget) take() bool {
	if b.used.Add(coolPage) <= coolKeys {
		return true
	}
	b.used.Add(-coolPage)
	return false
}

// coolBound is the number of bytes that the cooldowns of a plan can take.
func coolBound(rs []*rule) int64 {
	tables := int64(0)
	for _, r := range rs {
		if r.cooldown > 0 {
			tables += int64(r.group.store.shards)
		}
	}
	if tables == 0 {
		return 0
	}
	return (coolKeys + tables*coolPage) * coolBytes
}

// A cooldown is that of one key of a rule. It is kept beyond its end, so that the next alert can say how
// many were suppressed.
type cooldown struct {
	hash, check uint64
	fired       int64  // clock of the last alert
	suppressed  uint32 // times that the rule would have fired since
	step        uint8  // the level of that alert
	older, next int32  // neighbours in the order of fired; -1 at the ends
}

// A coolTable holds the cooldowns of one rule in one shard. Since all of them take as long, the one that
// fired first is the nearest to its end, and is the one that makes room.
type coolTable struct {
	budget  *coolBudget
	span    int64 // of the cooldown, in nanoseconds
	pages   [][]cooldown
	n       int     // entries in use
	index   []int32 // open addressing by home; the place of an entry + 1, or 0
	oldest  int32   // -1 in an empty table
	newest  int32
	lost    uint64 // cooldowns that ended before their time
	crowded uint64 // alerts suppressed for want of room
	forced  int    // cooldowns given up since from
	from    int64
	started bool // from is set
}

func newCoolTable(b *coolBudget, span int64) *coolTable {
	return &coolTable{budget: b, span: span, oldest: -1, newest: -1}
}

func (t *coolTable) at(i int32) *cooldown { return &t.pages[i/coolPage][i%coolPage] }

// find returns the place of a key, or -1, and the place in the index where it is or would be.
func (t *coolTable) find(hash, check uint64) (entry int32, slot int) {
	mask := len(t.index) - 1
	for slot = home(hash) & mask; ; slot = (slot + 1) & mask {
		i := t.index[slot] - 1
		if i < 0 {
			return -1, slot
		}
		if e := t.at(i); e.hash == hash && e.check == check {
			return i, slot
		}
	}
}

// fire reports whether a key is in its cooldown, and counts what is suppressed. Where it is not, the
// cooldown begins again, and what was suppressed since the last alert is returned. An alert of a higher
// level than that which the cooldown began with ends it; a rule without levels has one, 0.
func (t *coolTable) fire(hash, check uint64, clock int64, step uint8) (quiet bool, suppressed uint64) {
	if t.index == nil {
		t.index = make([]int32, 2*coolPage)
	}
	if i, _ := t.find(hash, check); i >= 0 {
		e := t.at(i)
		if clock-e.fired < t.span && step <= e.step {
			if e.suppressed++; e.suppressed == 0 {
				e.suppressed--
			}
			return true, 0
		}
		suppressed, e.suppressed, e.fired, e.step = uint64(e.suppressed), 0, clock, step
		t.unlink(i)
		t.append(i)
		return false, suppressed
	}
	i := t.room(clock)
	if i < 0 {
		t.crowded++
		return true, 0
	}
	*t.at(i) = cooldown{hash: hash, check: check, fired: clock, step: step}
	_, slot := t.find(hash, check)
	t.index[slot] = i + 1
	t.append(i)
	return false, 0
}

// room returns the place for a new entry, or -1 where there is none.
func (t *coolTable) room(clock int64) int32 {
	if t.n > 0 {
		// One that has ended and has nothing to tell is of no use.
		if e := t.at(t.oldest); clock-e.fired >= t.span && e.suppressed == 0 {
			return t.evict()
		}
	}
	if t.n < len(t.pages)*coolPage || len(t.pages) == 0 || t.budget.take() {
		if t.n == len(t.pages)*coolPage {
			t.pages = append(t.pages, make([]cooldown, coolPage))
		}
		if t.n++; 2*t.n > len(t.index) {
			t.grow()
		}
		return int32(t.n - 1)
	}
	if clock-t.at(t.oldest).fired >= t.span {
		return t.evict()
	}
	if !t.started || clock-t.from >= t.span {
		t.forced, t.from, t.started = 0, clock, true
	}
	if t.forced >= coolForced {
		return -1
	}
	t.forced++
	t.lost++
	return t.evict()
}

// grow doubles the index.
func (t *coolTable) grow() {
	t.index = make([]int32, 2*len(t.index))
	for i := t.oldest; i >= 0; i = t.at(i).next {
		e := t.at(i)
		_, slot := t.find(e.hash, e.check)
		t.index[slot] = i + 1
	}
}

// evict takes the oldest entry out and returns its place.
func (t *coolTable) evict() int32 {
	i := t.oldest
	e := t.at(i)
	_, slot := t.find(e.hash, e.check)
	t.unlink(i)
	// Entries behind the gap are moved to it, where they may stand there.
	mask := len(t.index) - 1
	for j := (slot + 1) & mask; t.index[j] != 0; j = (j + 1) & mask {
		from := home(t.at(t.index[j]-1).hash) & mask
		if (j-from)&mask >= (j-slot)&mask {
			t.index[slot] = t.index[j]
			slot = j
		}
	}
	t.index[slot] = 0
	return i
}

func (t *coolTable) unlink(i int32) {
	e := t.at(i)
	if e.older >= 0 {
		t.at(e.older).next = e.next
	} else {
		t.oldest = e.next
	}
	if e.next >= 0 {
		t.at(e.next).older = e.older
	} else {
		t.newest = e.older
	}
}

func (t *coolTable) append(i int32) {
	e := t.at(i)
	e.older, e.next = t.newest, -1
	if t.newest >= 0 {
		t.at(t.newest).next = i
	} else {
		t.oldest = i
	}
	t.newest = i
}

// bytes is what the table takes.
func (t *coolTable) bytes() int64 {
	return int64(len(t.pages)*coolPage)*int64(unsafe.Sizeof(cooldown{})) + 4*int64(len(t.index))
}

// release gives what the table took from the budget back. The table must not be used any more.
func (t *coolTable) release() {
	if n := len(t.pages); n > 1 {
		t.budget.used.Add(-int64(n-1) * coolPage)
	}
	t.pages = nil
}

// cool reports whether a key of a rule is in its cooldown; see coolTable.fire.
func (e *Engine) cool(r *rule, of *fingerprint, clock int64, step rules.Severity) (quiet bool, suppressed uint64) {
	at := &e.state.cooldowns[r.index][r.group.store.shard(of.hash)]
	if *at == nil {
		*at = newCoolTable(&e.coolRoom, r.cooldown)
	}
	check := uint64(0)
	if r.group.words > 0 {
		check = of.check[0]
	}
	return (*at).fire(of.hash, check, clock, uint8(step))
}

// home is where the search for a key begins. The lowest bits of a hash are the same in a whole shard.
func home(hash uint64) int { return int(hash >> 16) }
