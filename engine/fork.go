package engine

// A fork parts entries that are found by literals by a cheap test that most of them have, so that a packet is searched
// for the literals of those alone that its header lets hold: a scan of a payload takes longer the shorter and the more
// numerous the literals are, and what servers send is most of the bytes.
//
//	conn.to_server and payload contains 'a', not conn.to_server and payload contains 'b', payload contains 'c'
//	->  conn.to_server ? {a, c} : {b, c}
type fork struct {
	test    int32
	yes, no *branch // of packets for which it holds, and for which it does not; nil where there are no entries
}

func (f *fork) find(w *worker) *branch {
	if w.test(f.test) {
		return f.yes
	}
	return f.no
}

// Entries with one test part from this number on. Those that have it not are in both branches, so that each fork makes
// half as many entries again at most, and those below each other are bounded.
const (
	forkFrom = 16
	maxForks = 3
)

// fork parts the entries that are found by literals, and returns the others; nil where no test parts them well.
func (b *builder) fork(entries []entry) (f *fork, rest []entry) {
	if b.tuning.NoIndex || b.forks == maxForks {
		return nil, entries
	}
	var needy []entry
	type count struct{ yes, no int }
	counts := map[int32]*count{}
	var tests []int32 // in the order of entries
	for _, e := range entries {
		if b.needy(e.cond) == predTrue {
			rest = append(rest, e)
			continue
		}
		needy = append(needy, e)
		for _, k := range b.conjuncts(e.cond) {
			test, negated := b.cheap(k)
			if test == predTrue {
				continue
			}
			c := counts[test]
			if c == nil {
				c = new(count)
				counts[test] = c
				tests = append(tests, test)
			}
			if negated {
				c.no++
			} else {
				c.yes++
			}
		}
	}
	best, most := predTrue, 0
	for _, k := range tests {
		c := counts[k]
		if n := c.yes + c.no; n < forkFrom || 2*n < len(needy) {
			continue
		}
		if score := c.yes + c.no + 2*min(c.yes, c.no); score > most { // what has both sides spares each packet something
			best, most = k, score
		}
	}
	if best == predTrue {
		return nil, entries
	}
	b.forks++
	defer func() { b.forks-- }()
	side := func(has, lacks int32) *branch {
		var es []entry
		for _, e := range needy {
			cond := e.cond
			for _, k := range b.conjuncts(cond) {
				if k == lacks {
					cond = predFalse
				} else if k == has && cond != predFalse {
					cond = b.without(cond, k)
				}
			}
			if cond != predFalse {
				es = append(es, entry{cond: cond, group: e.group})
			}
		}
		if len(es) == 0 {
			return nil
		}
		return b.newBranch(es)
	}
	not := b.not(best)
	return &fork{test: best, yes: side(best, not), no: side(not, best)}, rest
}

// conjuncts returns the parts of a conjunction; a condition that is none is its only part.
func (b *builder) conjuncts(cond int32) []int32 {
	if p := &b.preds[cond]; p.op == opAnd {
		return p.kids
	}
	return []int32{cond}
}

// cheap returns a test that takes no longer than to look at one number of a packet, without its negation; predTrue where it
// takes longer.
func (b *builder) cheap(k int32) (test int32, negated bool) {
	if p := &b.preds[k]; p.op == opNot {
		k, negated = p.kids[0], true
	}
	switch b.preds[k].op {
	case opBits, opRange8, opRange16, opBitmap:
		return k, negated
	}
	return predTrue, false
}
