package conversation

// A poolID says in which pool an entry is.
type poolID uint8

const (
	nowhere poolID = iota
	inPending
	inSettled
	openTCP
	openUDP
)

// A list is a pool in order: of pending ones that of their first packets, which is that of their deadlines.
type list struct {
	head, tail ref
	n, max     int
}

func (t *Table) push(l *list, id poolID, r ref) {
	e := t.entry(r)
	e.pool, e.prev, e.succ = id, l.tail, 0
	if l.tail != 0 {
		t.entry(l.tail).succ = r
	} else {
		l.head = r
	}
	l.tail = r
	l.n++
}

func (t *Table) unlink(l *list, r ref) {
	e := t.entry(r)
	if e.prev != 0 {
		t.entry(e.prev).succ = e.succ
	} else {
		l.head = e.succ
	}
	if e.succ != 0 {
		t.entry(e.succ).prev = e.prev
	} else {
		l.tail = e.prev
	}
	e.pool, e.prev, e.succ = nowhere, 0, 0
	l.n--
}

// leave takes an entry out of its pool.
func (t *Table) leave(r ref) {
	switch e := t.entry(r); e.pool {
	case inPending:
		t.unlink(&t.pending, r)
	case inSettled:
		t.unlink(&t.settled, r)
	case openTCP:
		t.tcpOpen.leave(t, r)
	case openUDP:
		t.udpOpen.leave(t, r)
	}
}

// await puts an entry into the pool of pending ones.
func (t *Table) await(r ref) {
	t.leave(r)
	if t.pending.n >= t.pending.max {
		t.evict(t.pending.head)
	}
	t.push(&t.pending, inPending, r)
	if t.pending.n == 1 {
		t.next = min(t.next, t.entry(r).first+AnswerWait)
	}
}

// chances is how many entries that were seen since they were settled are passed by to find one that was not.
const chances = 4

// settle puts an entry into the pool of those that are only remembered.
func (t *Table) settle(r ref) {
	t.leave(r)
	clock := t.entry(r).seen
	for range 2 { // what is forgotten makes room for more than comes
		head := t.settled.head
		if head == 0 || clock-t.entry(head).seen < linger {
			break
		}
		t.drop(head)
	}
	t.ask(t.settled.head) // which is likely to go next
	for i := 0; t.settled.n >= t.settled.max; i++ {
		head := t.settled.head
		if t.settled.n > 1 && i < chances && t.entry(head).touched() {
			t.entry(head).slot = 0
			t.unlink(&t.settled, head)
			t.push(&t.settled, inSettled, head)
			continue
		}
		t.evict(head)
	}
	t.entry(r).slot = 0
	t.push(&t.settled, inSettled, r)
}

// touched reports whether a settled entry was seen since it came to its place in the list.
func (e *entry) touched() bool { return e.slot != 0 }

// touch notes that a packet came at a clock.
func (e *entry) touch(clock int64) {
	if clock > e.seen {
		e.seen = clock
	}
	if e.pool == inSettled {
		e.slot = 1
	}
}

// keepOpen puts an entry into the pool of those in which both sides take part.
func (t *Table) keepOpen(r ref) {
	t.leave(r)
	w := &t.tcpOpen
	if t.entry(r).flags&datagrams != 0 {
		w = &t.udpOpen
	}
	if w.n >= w.max {
		t.evict(w.stalest(t))
	}
	w.add(t, r)
}

func (t *Table) evict(r ref) {
	t.stats.Evicted++
	t.drop(r)
}
