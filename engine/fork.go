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
	code    program // of the test
}

// find returns the branch that a packet comes to by a fork and those that stand right behind it: each would else be a branch to go
// through.
func (f *fork) find(w *worker) *branch {
	for {
		br := f.no
		if w.holds(f.code) {
			br = f.yes
		}
		if br == nil || br.only == nil {
			return br
		}
		f = br.only
	}
}

// onlyFork returns the fork of a branch that has nothing else; nil of others.
func (br *branch) onlyFork() *fork {
	if len(br.always) > 0 || len(br.forks) != 1 || br.dport != nil || br.sport != nil || br.dst != nil || br.src != nil || br.contents != nil {
		return nil
	}
	return br.forks[0]
}

// Entries with one test part from this number on. Those that have it not are in both branches, so that each fork makes
// half as many entries again at most, and those below each other are bounded.
const (
	forkFrom = 16
	maxForks = 5
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
		if !b.scans(e.cond) {
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

// cheap returns a test that takes no longer than to look at one number of a packet or at a few networks, without its negation; predTrue where it
// takes longer.
func (b *builder) cheap(k int32) (test int32, negated bool) {
	if p := &b.preds[k]; p.op == opNot {
		k, negated = p.kids[0], true
	}
	switch p := &b.preds[k]; p.op {
	case opBits, opRange8, opRange16, opBitmap:
		return k, negated
	case opAddrs:
		if p.addrs.Len() <= maxGuardRanges {
			return k, negated
		}
	}
	return predTrue, false
}

// gates parts the entries whose literals stand in a part that most packets have, and which hold only for packets with another
// that few have, and returns the others: what only DNS can fulfil is not looked for in what is not DNS.
//
//	dns and payload contains '\\x00\\x04'  ->  dns ? {payload contains '\\x00\\x04'}
func (b *builder) gates(entries []entry) (gates []*fork, rest []entry) {
	if b.tuning.NoIndex {
		return nil, entries
	}
	var tests []int32 // in the order of entries
	behind := map[int32][]entry{}
	for _, e := range entries {
		test := b.gate(e.cond)
		if test == predTrue {
			rest = append(rest, e)
			continue
		}
		if behind[test] == nil {
			tests = append(tests, test)
		}
		behind[test] = append(behind[test], entry{cond: b.without(e.cond, test), group: e.group})
	}
	for _, test := range tests {
		es := behind[test]
		gates = append(gates, &fork{test: test, yes: b.branch(entriesKey(es), es)})
	}
	return gates, rest
}

// scans reports whether all of a payload has to be looked through for the literals that a condition is found by: what stands
// at its start, and in fields, which are short and most packets lack, takes little.
func (b *builder) scans(cond int32) bool {
	k := b.needy(cond)
	return k != predTrue && b.needOf(k).Scans()
}

// gate returns the conjunct of a condition that tests for layers, where a payload has to be looked through for the rest of it;
// predTrue where there is none.
func (b *builder) gate(cond int32) int32 {
	if !b.scans(cond) {
		return predTrue
	}
	for _, c := range b.conjuncts(cond) {
		if p := &b.preds[c]; p.op == opLayers {
			return c
		}
	}
	return predTrue
}

// parted takes from entries those that are found by literals and test for addresses as many others do: a fork parts them, and
// one search finds those of both ends of a packet, where an index of each end would lead to one of its own.
func (b *builder) parted(entries []entry) (parted, rest []entry) {
	if b.tuning.NoIndex || b.forks >= maxForks {
		return nil, entries
	}
	counts := map[int32]int{}
	guards := make([][2]int32, len(entries))
	for i, e := range entries {
		if !b.scans(e.cond) {
			continue
		}
		for j, off := range [...]uintptr{offDst, offSrc} {
			if g := b.guard(e.cond, off, opAddr); g != predTrue {
				guards[i][j] = g
				counts[g]++
			}
		}
	}
	for i, e := range entries {
		n := 0
		for _, g := range guards[i] {
			n = max(n, counts[g])
		}
		if n >= forkFrom && b.guard(e.cond, offDstPort, opRange16) == predTrue && b.guard(e.cond, offSrcPort, opRange16) == predTrue {
			parted = append(parted, e)
		} else {
			rest = append(rest, e)
		}
	}
	return parted, rest
}
