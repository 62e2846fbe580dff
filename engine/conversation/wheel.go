package conversation

// tickShift makes ticks of nanoseconds: 1.07 s.
const tickShift = 30

// A wheel is a pool of open conversations by the tick in which their silence ends them. A packet does not move its
// conversation: when the tick comes, what was seen meanwhile goes to a later one, and the rest to due.
type wheel struct {
	id     poolID
	span   int64 // of silence
	n, max int
	now    int64 // the tick that the clock is in
	slots  []ref
	due    []dueItem // a heap: what may end in this tick
}

// A dueItem is an entry that may end at a time. It is stale where the entry has another gen.
type dueItem struct {
	at  int64
	tie uint64 // of several at one time, by their keys: where entries lie in memory depends on reloads
	r   ref
	gen uint32
}

func (d dueItem) before(o dueItem) bool {
	return d.at < o.at || d.at == o.at && (d.tie < o.tie || d.tie == o.tie && d.r < o.r)
}

// dueSlot is the place of entries that are in due.
const dueSlot = 1<<16 - 1

func newWheel(id poolID, span int64, most int) wheel {
	slots := 1
	for int64(slots) <= span>>tickShift+1 {
		slots *= 2
	}
	return wheel{id: id, span: span, max: most, slots: make([]ref, slots)}
}

func (w *wheel) add(t *Table, r ref) {
	w.n++
	t.entry(r).pool = w.id
	w.place(t, r)
}

// place puts an entry of the wheel to the tick of its deadline.
func (w *wheel) place(t *Table, r ref) {
	e := t.entry(r)
	at := e.seen + w.span
	if at>>tickShift <= w.now {
		e.slot = dueSlot
		w.push(dueItem{at, e.key.order(), r, e.gen})
		t.next = min(t.next, at)
		return
	}
	slot := at >> tickShift & int64(len(w.slots)-1)
	e.slot, e.prev, e.succ = uint16(slot), 0, w.slots[slot]
	if e.succ != 0 {
		t.entry(e.succ).prev = r
	}
	w.slots[slot] = r
}

func (w *wheel) leave(t *Table, r ref) {
	e := t.entry(r)
	if e.slot == dueSlot {
		e.gen++ // what is in due is stale
	} else {
		w.unlink(t, r)
	}
	e.pool, e.slot, e.prev, e.succ = nowhere, 0, 0, 0
	w.n--
}

func (w *wheel) unlink(t *Table, r ref) {
	e := t.entry(r)
	if e.prev != 0 {
		t.entry(e.prev).succ = e.succ
	} else {
		w.slots[e.slot] = e.succ
	}
	if e.succ != 0 {
		t.entry(e.succ).prev = e.prev
	}
}

// turn moves the wheel to the tick of a clock.
func (w *wheel) turn(t *Table, clock int64) {
	tick := clock >> tickShift
	if tick <= w.now {
		return
	}
	last := min(tick, w.now+int64(len(w.slots)))
	for w.now < last {
		w.now++
		slot := w.now & int64(len(w.slots)-1)
		r := w.slots[slot]
		w.slots[slot] = 0
		for r != 0 {
			succ := t.entry(r).succ
			w.place(t, r)
			r = succ
		}
	}
	w.now = tick
}

// top returns the next entry in due that is not stale; ok is false where there is none.
func (w *wheel) top(t *Table) (item dueItem, ok bool) {
	for len(w.due) > 0 {
		item = w.due[0]
		e := t.entry(item.r)
		if e.gen != item.gen {
			w.pop()
			continue
		}
		if at := e.seen + w.span; at != item.at { // it was seen meanwhile
			w.pop()
			e.gen++
			w.place(t, item.r)
			continue
		}
		return item, true
	}
	return dueItem{}, false
}

// tries is how many entries are looked at to find one to evict.
const tries = 16

// stalest returns the entry that was silent for longest, as far as a look at a few tells.
func (w *wheel) stalest(t *Table) ref {
	if item, ok := w.top(t); ok {
		return item.r
	}
	best, left := ref(0), tries
	for i := range int64(len(w.slots)) {
		slot := (w.now + 1 + i) & int64(len(w.slots)-1)
		for r := w.slots[slot]; r != 0; {
			succ := t.entry(r).succ
			if (t.entry(r).seen+w.span)>>tickShift > w.now+1+i { // seen since it came to this slot
				w.unlink(t, r)
				w.place(t, r)
				if best == r {
					best = 0
				}
			}
			if best == 0 || t.entry(r).seen < t.entry(best).seen {
				best = r
			}
			if left--; left == 0 {
				return best
			}
			r = succ
		}
		if best != 0 && w.now+1+i >= (t.entry(best).seen+w.span)>>tickShift {
			return best
		}
	}
	return best
}

// push and pop keep due a heap, the earliest first.
func (w *wheel) push(d dueItem) {
	w.due = append(w.due, d)
	for i := len(w.due) - 1; i > 0; {
		up := (i - 1) / 2
		if !w.due[i].before(w.due[up]) {
			break
		}
		w.due[i], w.due[up] = w.due[up], w.due[i]
		i = up
	}
}

func (w *wheel) pop() {
	last := len(w.due) - 1
	w.due[0] = w.due[last]
	w.due = w.due[:last]
	for i := 0; ; {
		least := i
		for _, kid := range [2]int{2*i + 1, 2*i + 2} {
			if kid < last && w.due[kid].before(w.due[least]) {
				least = kid
			}
		}
		if least == i {
			return
		}
		w.due[i], w.due[least] = w.due[least], w.due[i]
		i = least
	}
}
