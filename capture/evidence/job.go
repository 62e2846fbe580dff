package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/logfile"
	"github.com/ruleids/ruleids/internal/printable"
)

// maxWait is how long, in the time of packets, a file waits for packets that come after its alert.
const maxWait = int64(time.Minute)

// A job is the evidence of one alert: first it waits for its file to be begun, then for packets that come after it.
type job struct {
	alert   *alert.Alert
	id      string
	subject alert.Subject
	wish    Wish
	number  uint64 // of the last frame before it
	own     bool   // which is the one that fired it

	ends []uint32 // a frame whose ends are known must have one of these; none for any
	file *os.File
	w    writer
	left int // packets that are still to come
	buf  []byte
}

// digest makes of an address what frames have of theirs.
func digest(a netip.Addr) uint32 {
	if a.Is4() {
		b := a.As4()
		return binary.BigEndian.Uint32(b[:])
	}
	b := a.As16()
	return fold6(b[:])
}

// has reports whether frame i of a chunk is one that the job is about.
func (r *Recorder) has(j *job, c *chunk, i int) bool {
	if e := c.ends[i]; len(j.ends) > 0 && e != hidden && !slices.Contains(j.ends, e[0]) && !slices.Contains(j.ends, e[1]) {
		return false
	}
	if at := (place{c.seq, i}); r.decoded != at {
		raw := c.frames[i]
		r.decoder.Decode(&r.packet, &raw)
		r.packet.Time, r.decoded = raw.Time, at
	}
	return j.subject.Has(&r.packet)
}

// A sieve tells of most frames that no file waits for them.
type sieve struct {
	bits  [256]uint64 // of digests of addresses
	all   bool        // a file goes by something else than addresses, or may have waited long enough
	until int64       // when the first of them waits no more
}

func (s *sieve) at(end uint32) (word, bit uint32) {
	h := end * 0x9e3779b1 >> 18
	return h >> 6, h & 63
}

// sift makes the sieve of the files that wait.
func (r *Recorder) sift() {
	r.sieve = sieve{until: math.MaxInt64}
	for _, j := range r.open {
		r.sieve.all = r.sieve.all || len(j.ends) == 0
		r.sieve.until = min(r.sieve.until, j.alert.Time+maxWait)
		for _, e := range j.ends {
			word, bit := r.sieve.at(e)
			r.sieve.bits[word] |= 1 << bit
		}
	}
}

// passes reports whether a file may wait for a frame with these ends.
func (s *sieve) passes(e ends) bool {
	if e == hidden || s.all {
		return true
	}
	word, bit := s.at(e[0])
	hit := s.bits[word] >> bit
	word, bit = s.at(e[1])
	return (hit|s.bits[word]>>bit)&1 != 0
}

// chunk returns the chunk of a sequence number, or the one that took its place.
func (r *Recorder) chunk(seq int) *chunk { return r.ring[seq%len(r.ring)] }

// start begins the file of an alert with the packets that came before it.
func (r *Recorder) start(j *job) {
	for _, a := range j.subject.Addresses() {
		j.ends = append(j.ends, digest(a))
	}
	r.mu.Lock()
	to := r.after(j.number)
	r.mu.Unlock()
	j.w = writer{comment: j.comment(), fired: fmt.Sprintf("rule %s fired at this packet, alert %s", j.alert.Rule, j.id)}
	j.buf = j.w.begin(nil)
	room := j.wish.Bytes - int64(len(j.buf))
	last, own := to, false // behind the packets before the alert
	if j.own && to.i > 0 {
		r.read(to.seq, func(c *chunk) {
			if own = c.first+uint64(to.i)-1 == j.number; own {
				last.i--
				room -= blockSize(&c.frames[last.i]) + int64(len(j.w.fired)) + 8
			}
		})
	}
	places := r.before(j, last, room)
	if own {
		places = slices.Insert(places, 0, last)
	}
	for len(places) > 0 { // by chunks, the oldest first
		n := len(places) - 1
		for n > 0 && places[n-1].seq == places[n].seq {
			n--
		}
		r.read(places[n].seq, func(c *chunk) {
			for _, at := range slices.Backward(places[n:]) {
				j.buf = j.w.packet(j.buf, &c.frames[at.i], own && at == last)
			}
		})
		places = places[:n]
	}
	j.left = j.wish.After
	if len(r.open) >= maxOpen {
		r.finish(r.open[0])
		r.open = r.open[1:]
	}
	if err := j.create(r.dir); err != nil {
		r.finish(j)
		r.failed(err)
		return
	}
	r.wrote(j.w.written, true)
	r.mu.Lock()
	most := int64(r.config.Max)
	r.mu.Unlock()
	r.removed(r.dir.add(filepath.Base(j.alert.Evidence), int64(j.w.written), most))
	ended := j.left == 0
	// What came meanwhile was looked at for others.
	for seq := to.seq; !ended && (place{seq, 0}).before(r.at); seq++ {
		r.read(seq, func(c *chunk) {
			from, end := 0, c.len()
			if seq == to.seq {
				from = to.i
			}
			if seq == r.at.seq {
				end = min(end, r.at.i)
			}
			for i := from; i < end && !ended; i++ {
				ended = r.take(j, c, i)
			}
		})
	}
	if r.flush(j); ended || j.file == nil {
		r.finish(j)
		return
	}
	r.open = append(r.open, j)
	r.sift()
}

// read has f read a chunk, which stays as it is meanwhile, and reports whether that is in the ring still. The loop of packets leaves
// packets out that find the chunk in use: f does nothing that waits.
func (r *Recorder) read(seq int, f func(*chunk)) bool {
	c := r.chunk(seq)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seq != seq {
		return false
	}
	f(c)
	return true
}

// before returns the packets of a job that came before a place, the newest first: as many as it wants, of room bytes at most.
func (r *Recorder) before(j *job, to place, room int64) (out []place) {
	full := false
	for seq := to.seq; seq >= max(0, to.seq-r.behind) && !full; seq-- {
		there := r.read(seq, func(c *chunk) {
			i := c.len() - 1
			if seq == to.seq {
				i = min(i, to.i-1)
			}
			for ; i >= 0 && !full; i-- {
				if full = len(out) == j.wish.Before; full || !r.has(j, c, i) {
					continue
				}
				if room -= blockSize(&c.frames[i]); room < 0 {
					full = true
					continue
				}
				out = append(out, place{seq, i})
			}
		})
		if !there {
			break
		}
	}
	return out
}

// take adds a frame that came after the alert to its file, where it is one of it, and reports whether the file is complete.
func (r *Recorder) take(j *job, c *chunk, i int) bool {
	if c.frames[i].Time > j.alert.Time+maxWait {
		return true
	}
	if !r.has(j, c, i) {
		return false
	}
	if int64(j.w.written+len(j.buf))+blockSize(&c.frames[i]) > j.wish.Bytes {
		return true
	}
	j.buf = j.w.packet(j.buf, &c.frames[i], false)
	j.left--
	return j.left == 0
}

// advance looks at the frames up to a place for all files that wait.
func (r *Recorder) advance(to place) {
	for len(r.open) > 0 && r.at.before(to) {
		var done []*job
		missed := uint64(0)
		there := r.read(r.at.seq, func(c *chunk) {
			end := c.len()
			if r.at.seq == to.seq {
				end = min(end, to.i)
			}
			if from := c.first + uint64(r.at.i) - 1; r.behindhand && r.passed != 0 && from > r.passed {
				missed = from - r.passed
			}
			done = r.takeAll(c, end)
			r.passed = c.first + uint64(end) - 1
		})
		r.behindhand = !there
		for _, j := range done {
			r.finish(j)
		}
		if missed > 0 {
			r.mu.Lock()
			r.stats.Skipped += missed
			r.mu.Unlock()
		}
		if r.at.seq == to.seq {
			break
		}
		r.at = place{r.at.seq + 1, 0}
	}
	if r.at.before(to) {
		r.at = to
	}
	if now := time.Now(); now.Sub(r.flushed) >= lookEvery {
		r.flushed = now
		for _, j := range r.open {
			r.flush(j)
		}
	}
	r.open = slices.DeleteFunc(r.open, func(j *job) bool {
		if j.file == nil {
			r.finish(j)
		}
		return j.file == nil
	})
	r.sift()
}

// takeAll has all files that wait take the frames of a chunk from where it was looked at last, before end, and returns those that are
// complete.
func (r *Recorder) takeAll(c *chunk, end int) (done []*job) {
	if end > r.at.i && c.frames[end-1].Time > r.sieve.until {
		r.sieve.all = true
	}
	for ; r.at.i < end; r.at.i++ {
		if !r.sieve.passes(c.ends[r.at.i]) {
			continue
		}
		before := len(done)
		r.open = slices.DeleteFunc(r.open, func(j *job) bool {
			ended := r.take(j, c, r.at.i)
			if ended {
				done = append(done, j)
			}
			return ended
		})
		if len(done) > before {
			r.sift()
			r.sieve.all = r.sieve.all || c.frames[end-1].Time > r.sieve.until
		}
	}
	return done
}

// create makes the file, whole with what there is: it is not seen before.
func (j *job) create(d *directory) error {
	path := filepath.Join(d.path, filepath.Base(j.alert.Evidence))
	f, err := os.CreateTemp(d.path, ".next-*")
	if err != nil {
		return err
	}
	if _, err = f.Write(j.buf); err == nil {
		err = f.Chmod(fileMode)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = files.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	if f, _, err = logfile.Open(path, fileMode); err != nil {
		return err
	}
	j.file, j.w.written, j.buf = f, len(j.buf), j.buf[:0]
	return nil
}

// flush writes what was added to a file. One that cannot be written is closed with what it has.
func (r *Recorder) flush(j *job) {
	if len(j.buf) == 0 || j.file == nil {
		return
	}
	n, err := j.file.Write(j.buf)
	if err != nil {
		_ = j.file.Truncate(int64(j.w.written)) // half a packet makes no file
		_ = j.file.Close()
		j.file = nil
		r.failed(err)
		return
	}
	j.w.written += n
	j.buf = j.buf[:0]
	r.wrote(n, false)
	r.mu.Lock()
	most := int64(r.config.Max)
	r.mu.Unlock()
	r.removed(r.dir.grow(filepath.Base(j.alert.Evidence), int64(j.w.written), most))
}

// finish writes what is left of a file, and closes it.
func (r *Recorder) finish(j *job) {
	r.flush(j)
	if j.file != nil {
		if err := j.file.Close(); err != nil {
			r.failed(err)
		}
		j.file = nil
	}
	r.mu.Lock()
	r.stats.Pending--
	r.mu.Unlock()
}

// comment says what the file is about.
func (j *job) comment() string {
	a := j.alert
	var b strings.Builder
	fmt.Fprintf(&b, "ruleids alert %s\nrule: %s (%s)\n", j.id, a.Rule, a.Severity)
	if a.Description != "" {
		fmt.Fprintf(&b, "description: %s\n", printable.Line(a.Description))
	}
	b.WriteString("key:")
	for _, k := range a.Key {
		fmt.Fprintf(&b, " %s=%s", printable.Line(k.Name), printable.Word(fmt.Sprint(k.Value)))
	}
	if len(a.Key) == 0 {
		b.WriteString(" none")
	}
	fmt.Fprintf(&b, "\ntime: %s\n", time.Unix(0, a.Time).UTC().Format(time.RFC3339Nano))
	if a.Agent != "" {
		fmt.Fprintf(&b, "sensor: %s\n", printable.Line(a.Agent))
	}
	fmt.Fprintf(&b, "display filter: %s", j.subject.Filter())
	return b.String()
}
