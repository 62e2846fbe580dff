package reputation

import (
	"container/list"
	"math/bits"
	"sync"
)

// A Priority says how near an indicator is to a threshold, in percent: 0 where that is not known, 100 for
// one at it. More counts as 100.
type Priority uint8

const (
	// prioritySteps is how finely a queue tells priorities apart: by tens.
	prioritySteps = 11
	// weights is how finely it tells apart how often an indicator was asked about: 1, 2-3, 4-7 … 128 times and more.
	weights = 8
	// maxTries is how often an indicator is tried whose lookup fails, so that one which a server
	// cannot answer does not keep the others waiting.
	maxTries = 4
)

// A request is an indicator that waits to be looked up.
type request struct {
	text     string // canonical
	domain   bool
	priority Priority
	seen     uint // times that it was asked about
	tries    int  // lookups that failed
	level    int
	at       *list.Element // in the list of its level
}

// A queue holds the indicators that a source is to be asked about, each once, and gives out those first
// that matter most: by priority, then by how often they were asked about, then the one asked about last,
// as its traffic goes on. When it is full, what matters least goes, and among that what was asked about
// longest ago: a flood of sources that are seen once pushes nothing out but itself. Its methods may be
// called by any number of goroutines; none does more under the lock than move a few pointers.
type queue struct {
	limit int
	wake  chan struct{} // has room for one: something came

	mu      sync.Mutex
	all     map[string]*request
	levels  [prioritySteps * weights]list.List
	busy    *request // is being looked up
	dropped uint64
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1), all: map[string]*request{}}
}

// offer adds an indicator, or notes that it was asked about again. text is copied where it is kept.
func (q *queue) offer(text []byte, domain bool, p Priority) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy != nil && q.busy.text == string(text) {
		q.busy.priority = max(q.busy.priority, p)
		return
	}
	if r := q.all[string(text)]; r != nil {
		r.priority = max(r.priority, p)
		r.seen++
		if r.rank() == r.level {
			q.levels[r.level].MoveToFront(r.at)
			return
		}
		q.levels[r.level].Remove(r.at)
		q.place(r)
		q.rouse() // it may matter enough now
		return
	}
	q.insert(request{text: string(text), domain: domain, priority: p, seen: 1})
}

// retry puts a request back whose lookup failed. Where that may be the fault of the indicator, it counts
// as one of its tries; after the last one it is given up, and the result is false.
func (q *queue) retry(r *request, blame bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy = nil
	if blame {
		r.tries++
	}
	if r.tries >= maxTries {
		q.dropped++
		return false
	}
	q.insert(*r)
	return true
}

// insert adds a request, in the place of a lesser one where the queue is full. In a flood most are as good as the
// one that goes, whose memory they take over.
func (q *queue) insert(x request) {
	if len(q.all) >= q.limit {
		q.dropped++
		lowest := q.lowest()
		if lowest.level > x.rank() {
			return
		}
		delete(q.all, lowest.text)
		if lowest.level == x.rank() {
			x.level, x.at = lowest.level, lowest.at
			*lowest = x
			q.all[x.text] = lowest
			q.levels[x.level].MoveToFront(x.at)
			return
		}
		q.levels[lowest.level].Remove(lowest.at)
	}
	r := new(request)
	*r = x
	q.all[r.text] = r
	q.place(r)
	q.rouse()
}

// rouse wakes who waits for something to take.
func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
}

// place puts a request into the list of its level, as the newest.
func (q *queue) place(r *request) {
	r.level = r.rank()
	r.at = q.levels[r.level].PushFront(r)
}

// rank returns the level of a request.
func (r *request) rank() int {
	return int(min(r.priority, 100)/10)*weights + min(bits.Len(r.seen), weights) - 1
}

// lowest returns what goes first when there is no room. The queue is not empty.
func (q *queue) lowest() *request {
	for i := range q.levels {
		if e := q.levels[i].Back(); e != nil {
			return e.Value.(*request)
		}
	}
	return nil // not reached
}

// take returns what matters most, or nil where there is nothing of at least a priority. It counts as being looked up
// until done or retry.
func (q *queue) take(minimum Priority) *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := len(q.levels) - 1; i >= int(min(minimum, 100)/10)*weights; i-- {
		if e := q.levels[i].Front(); e != nil {
			r := q.levels[i].Remove(e).(*request)
			delete(q.all, r.text)
			q.busy = r
			return r
		}
	}
	return nil
}

// done ends the lookup of what take returned last.
func (q *queue) done() {
	q.mu.Lock()
	q.busy = nil
	q.mu.Unlock()
}

// counts returns how many indicators wait, and how many had to go for want of room.
func (q *queue) counts() (waiting int, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all), q.dropped
}

// clear gives up everything that waits.
func (q *queue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped += uint64(len(q.all))
	clear(q.all)
	for i := range q.levels {
		q.levels[i].Init()
	}
}
