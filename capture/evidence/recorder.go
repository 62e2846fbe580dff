package evidence

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/packet"
)

const (
	// maxQueue is how many alerts wait for their file to be begun, and maxOpen how many files wait for packets that come after
	// the alert; a further one completes the oldest.
	maxQueue = 1024
	maxOpen  = 128
	// filesEach and filesBurst bound new files a second, so that a flood of alerts does not push out the evidence of all
	// others, nor keep a processor busy.
	filesEach  = 20
	filesBurst = 400
	// lookEvery is the time between two looks at the packets that came where nothing else calls for one.
	lookEvery = 200 * time.Millisecond
)

// A Recorder keeps packets and writes evidence. Add, Hold, Borrow and Forget are for one goroutine at a time, and so is each of
// Alert and Emitted.
type Recorder struct {
	opt    Options
	dir    *directory
	limit  *rate.Limiter
	head   *chunk           // that is written
	count  uint64           // frames that came,
	seen   atomic.Uint64    // as everybody may read it
	behind int              // chunks before that of an alert that are looked at
	spares [][]packet.Frame // memory that Borrow gives for what it takes
	lent   []loan           // the oldest first

	wake chan struct{} // there is something to do
	done chan struct{} // the goroutine has ended

	mu      sync.Mutex
	changed sync.Cond // what the ring holds is needed no more
	ring    []*chunk  // by seq modulo their number
	rules   map[string]Wish
	config  Config
	queue   []*job
	emitted uint64 // frames of which all alerts came, of captures
	looking int    // the chunk that is looked at, and those behind it, are needed; free for none
	closing bool
	stats   Stats

	// Of the goroutine alone.
	open       []*job
	at         place  // everything before it was looked at for open
	passed     uint64 // frames up to there, 0 where it is not known
	behindhand bool   // the chunk there was taken for other frames
	flushed    time.Time
	decoder    packet.Decoder
	packet     packet.Packet
	decoded    place // where that is
	sieve      sieve
}

// A loan is a chunk whose frames lie in the memory of a source, unless it has other ones by now.
type loan struct {
	chunk *chunk
	lease uint64
}

// sourceRoom is what a frame takes of the memory of a source besides its bytes: headers of the kernel, and what aligns them.
const sourceRoom = 90

// free says that nothing is looked at.
const free = int(^uint(0) >> 1)

// A place is one in the ring: a chunk, and a frame of it.
type place struct{ seq, i int }

// New makes the directory where it is missing, and begins to keep what Add brings.
func New(opt Options) (*Recorder, error) {
	r := &Recorder{opt: opt, config: opt.Config, rules: opt.Rules, limit: rate.NewLimiter(filesEach, filesBurst),
		decoded: place{-1, 0}, wake: make(chan struct{}, 1), done: make(chan struct{}), looking: free}
	r.changed.L = &r.mu
	var err error
	if r.dir, err = openDirectory(opt.Dir); err != nil {
		return nil, err
	}
	n := max(leastChunks, int(opt.Memory)/(chunkBytes+chunkFrames*frameRoom))
	r.ring = make([]*chunk, n)
	r.behind = n - 1
	if opt.Wait {
		r.behind -= max(2, n/spare)
	}
	r.head = &chunk{first: 1}
	r.ring[0] = r.head
	go r.work()
	return r, nil
}

// Configure takes over what may change while a Recorder runs.
func (r *Recorder) Configure(c Config, rules map[string]Wish) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Dir, c.Memory = r.config.Dir, r.config.Memory
	r.config, r.rules = c, rules
}

// Add copies frames, whose times are ahead by shift. They are those that come behind the frames of the call before.
func (r *Recorder) Add(frames []packet.Frame, shift int64) {
	for i := range frames {
		r.count++
		if r.head.add(&frames[i], shift) {
			continue
		}
		if !r.turn() {
			r.skip(frames[i:])
			break
		}
		r.head.add(&frames[i], shift) // it fits an empty chunk
	}
	r.head.publish()
	r.seen.Store(r.count)
}

// Hold is Add for frames of a capture, which Emitted is told of. It takes the memory of the batch where most of that is used,
// gives it other memory, and returns its frames, which are valid until Emitted is told of the last of them.
func (r *Recorder) Hold(b *capture.Batch) []packet.Frame {
	frames := b.Frames
	if used, all := b.Size(); used < chunkBytes/2 || all > chunkBytes || !r.opt.Wait {
		r.Add(frames, 0)
		return frames
	}
	r.count++
	r.turn() // it waits for room
	r.head.hold(b)
	r.head.publish()
	r.count += uint64(len(frames)) - 1
	r.seen.Store(r.count)
	return frames
}

// Borrow is Add for the frames of a Batch of a live source, which lie in room bytes of its memory and stay as they are until Forget
// is called with its number, lease; 0 where they do not. It takes the memory of the list where it pays, gives it other memory, and
// returns the frames. What came while there was time to copy it is copied: it takes less memory than the source's.
func (r *Recorder) Borrow(list *[]packet.Frame, lease uint64, room int, shift int64) []packet.Frame {
	frames, used := *list, 0
	for i := range frames {
		used += len(frames[i].Data) + sourceRoom
	}
	if lease == 0 || shift != 0 || used < room/2 {
		r.Add(frames, shift)
		return frames
	}
	for rest := frames; len(rest) > 0; {
		r.count++
		if !r.turn() {
			r.skip(rest)
			break
		}
		n := r.head.borrow(rest, lease)
		rest = rest[n:]
		r.count += uint64(n) - 1
		r.lent = append(r.lent, loan{r.head, lease})
	}
	r.head.publish()
	r.seen.Store(r.count)
	if n := len(r.lent); n > 0 && r.lent[n-1].lease == lease {
		r.lent[n-1].chunk.spare, *list = frames[:0], nil
		if n := len(r.spares); n > 0 {
			r.spares, *list = r.spares[:n-1], r.spares[n-1]
		}
	}
	return frames
}

// Forget copies what is left of Batches up to a number, whose memory the source needs. Unless it must, it does not wait: false
// where somebody looks at them.
func (r *Recorder) Forget(lease uint64, must bool) bool {
	n := 0
	for ; n < len(r.lent) && r.lent[n].lease <= lease; n++ {
		c := r.lent[n].chunk
		if c.lease != r.lent[n].lease {
			continue
		}
		if must {
			c.mu.Lock()
		} else if !c.mu.TryLock() {
			break
		}
		r.recycle(c.own())
		c.mu.Unlock()
	}
	done := n == len(r.lent) || r.lent[n].lease > lease
	r.lent = append(r.lent[:0], r.lent[n:]...)
	return done
}

// recycle keeps memory for frames.
func (r *Recorder) recycle(spare []packet.Frame) {
	if spare != nil {
		r.spares = append(r.spares, spare)
	}
}

// skip counts frames that find no room, of which the first is counted already.
func (r *Recorder) skip(frames []packet.Frame) {
	r.count += uint64(len(frames)) - 1
	r.mu.Lock()
	r.stats.Skipped += uint64(len(frames))
	r.mu.Unlock()
}

// turn makes the next chunk the one that is written; false where nothing may be written over.
func (r *Recorder) turn() bool {
	r.head.publish()
	r.mu.Lock()
	defer r.mu.Unlock()
	seq := r.head.seq + 1
	for {
		old := r.ring[seq%len(r.ring)]
		if old == nil {
			old = new(chunk)
			r.ring[seq%len(r.ring)] = old
		} else if r.opt.Wait && old.seq >= r.floor() {
			r.signal()
			r.changed.Wait()
			continue
		}
		if !old.mu.TryLock() { // not where the floor is below
			return false
		}
		r.recycle(old.begin(seq, r.count))
		old.mu.Unlock()
		r.head = old
		break
	}
	if !r.opt.Wait {
		r.signal()
	}
	return true
}

// floor returns the first chunk that may be needed, of captures. The lock is held.
func (r *Recorder) floor() int {
	seq := min(r.head.seq, r.looking)
	if len(r.queue) > 0 {
		seq = min(seq, r.chunkOf(r.queue[0].number))
	}
	return min(seq, r.chunkOf(r.emitted+1)) - r.behind
}

// chunkOf returns the newest chunk that begins at frame number or before it. The lock is held.
func (r *Recorder) chunkOf(number uint64) int {
	seq := r.head.seq
	for seq > 0 && r.ring[seq%len(r.ring)].first > number && seq > r.head.seq-len(r.ring)+1 {
		seq--
	}
	return seq
}

func (r *Recorder) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Alert names the file that the evidence of an alert goes to, in the alert, and has it written. Alerts come in the order of their
// packets, after these.
func (r *Recorder) Alert(a *alert.Alert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.config
	wish, ok := r.rules[a.Rule]
	if !ok {
		wish = Wish{Before: c.Before, After: c.After, Bytes: int64(c.Bytes)}
	}
	if wish.Off || r.closing {
		return
	}
	if !r.opt.Wait && (len(r.queue) >= maxQueue || !r.limit.Allow()) {
		r.stats.Lost++
		r.stats.LastLost = time.Now()
		return
	}
	number, seen := a.Number, r.seen.Load()
	if number == 0 || number > seen { // what was not a packet comes between two
		number = seen
	}
	id := ID(a)
	a.Evidence = filepath.Join(r.config.Dir, Name(a.Time, a.Rule, id))
	r.queue = append(r.queue, &job{alert: a, id: id, subject: a.Subject(), wish: wish, number: number, own: a.Number == number})
	r.stats.Pending++
	r.signal()
}

// Emitted says that all alerts came which the frames up to number raised.
func (r *Recorder) Emitted(number uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emitted = number
	r.changed.Broadcast()
}

// ID identifies an alert: 16 hexadecimal digits that are the same whenever the same packets raise it.
func ID(a *alert.Alert) string {
	h := fnv.New64a()
	fmt.Fprint(h, a.Time, " ", a.Number, " ", a.Rule, " ", a.Agent)
	for _, k := range a.Key {
		fmt.Fprintf(h, " %s=%v", k.Name, k.Value)
	}
	if t := a.Tunnel; t != nil {
		fmt.Fprint(h, " ", t.Depth)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// work is the goroutine that looks for packets and writes files.
func (r *Recorder) work() {
	defer close(r.done)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		r.mu.Lock()
		ended := r.closing
		r.mu.Unlock()
		for r.step() {
		}
		if ended {
			break
		}
		r.mu.Lock()
		keep, most := r.config.Keep, int64(r.config.Max)
		r.mu.Unlock()
		if !r.opt.Wait && n%int(time.Minute/lookEvery) == 0 {
			r.removed(r.dir.expire(keep, most))
		}
		select {
		case <-r.wake:
		case <-tick.C:
		}
	}
	for _, j := range r.open {
		r.finish(j)
	}
}

// step does what comes next, and reports whether there may be more.
func (r *Recorder) step() bool {
	r.mu.Lock()
	var j *job
	to := place{r.head.seq, r.head.len()}
	switch {
	case len(r.queue) > 0:
		j = r.queue[0]
		r.queue = r.queue[1:]
		to = r.after(j.number)
	case r.opt.Wait:
		to = r.after(r.emitted)
	}
	if j == nil && len(r.open) == 0 || !r.at.before(to) && j == nil {
		r.rest()
		r.mu.Unlock()
		return false
	}
	if len(r.open) == 0 && r.at.before(to) {
		r.at, r.passed = to, 0 // what is between was not asked for
	}
	r.looking = min(r.at.seq, to.seq)
	r.mu.Unlock()
	r.advance(to)
	if j != nil {
		r.start(j)
	}
	r.mu.Lock()
	r.rest()
	r.mu.Unlock()
	return true
}

// rest says what is needed of the ring while nothing is looked at. The lock is held.
func (r *Recorder) rest() {
	r.looking = free
	if len(r.open) > 0 {
		r.looking = r.at.seq + r.behind // of it no chunk before
	}
	r.changed.Broadcast()
}

// after returns the place behind frame number. The lock is held.
func (r *Recorder) after(number uint64) place {
	seq := r.chunkOf(number)
	c := r.ring[seq%len(r.ring)]
	if number < c.first {
		return place{seq, 0}
	}
	return place{seq, min(int(number-c.first)+1, c.len())}
}

func (p place) before(q place) bool { return p.seq < q.seq || p.seq == q.seq && p.i < q.i }

// Stats returns the counts.
func (r *Recorder) Stats() Stats {
	held, bytes := r.dir.size()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Held, s.HeldBytes = held, bytes
	return s
}

// Close writes what waits, with what there is of it, until ctx is done.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.signal()
	select {
	case <-r.done:
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.stats.Failed > 0 && r.opt.Wait {
			return fmt.Errorf("%d files of evidence could not be written: %s", r.stats.Failed, r.stats.Error)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("evidence: %w", ctx.Err())
	}
}

func (r *Recorder) removed(n int) {
	r.mu.Lock()
	r.stats.Removed += uint64(n)
	r.mu.Unlock()
}

// failed counts a file that could not be written. Only the first of several failures goes to the log.
func (r *Recorder) failed(err error) {
	r.mu.Lock()
	first := r.stats.Error == ""
	r.stats.Failed++
	r.stats.Error = err.Error()
	r.mu.Unlock()
	if first && r.opt.Log != nil {
		r.opt.Log.Error("evidence cannot be written; alerts go on", "error", err)
	}
}

// wrote counts a file that was begun, and tells where failures end.
func (r *Recorder) wrote(bytes int, file bool) {
	r.mu.Lock()
	healed := r.stats.Error != ""
	r.stats.Error = ""
	r.stats.Bytes += uint64(bytes)
	if file {
		r.stats.Files++
	}
	r.mu.Unlock()
	if healed && r.opt.Log != nil {
		r.opt.Log.Log(context.Background(), slog.LevelInfo, "evidence can be written again")
	}
}
