package link

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/scale"
)

// A spool keeps alerts on the disk until the server has them: files of lines, each with its checksum, of which the oldest goes
// once the server has all of it. Every start begins a file and a boot of its own, under which its alerts are numbered: so no
// number is ever used twice, whatever a crash took.
type spool struct {
	dir  string
	room int64
	size int64 // of a file

	mu      sync.Mutex
	files   []*segment // the oldest first; the last is written to
	out     *os.File
	torn    bool // the last line may be half written
	dirty   bool // written since the last sync
	bytes   int64
	alerts  int
	boot    uint64
	seq     uint64
	dropped map[scale.Severity]uint64
	damaged uint64 // alerts that files lost since the start
	fault   error
	wake    chan struct{} // has room for one
}

const (
	segments    = 64
	droppedFile = "dropped.json"
	ackedFile   = "acked.json"
)

// openSpool opens the spool in a directory, and begins a boot. What a crash left half written is cut off; alerts on lines that are
// damaged are lost, and counted.
func openSpool(dir string, room int64) (*spool, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	var b [8]byte
	_, _ = rand.Read(b[:])
	s := &spool{dir: dir, room: room, size: max(room/segments, 64<<10), dropped: map[scale.Severity]uint64{}, boot: binary.BigEndian.Uint64(b[:]) >> 2, wake: make(chan struct{}, 1)}
	if text, err := os.ReadFile(filepath.Join(dir, droppedFile)); err == nil {
		_ = json.Unmarshal(text, &s.dropped) // counts that cannot be read begin again
	}
	acked := map[uint64]uint64{}
	if text, err := os.ReadFile(filepath.Join(dir, ackedFile)); err == nil {
		_ = json.Unmarshal(text, &acked) // what is sent again is known by its number
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	next := uint64(1)
	for _, e := range entries {
		text, ok := strings.CutSuffix(e.Name(), ".seg")
		n, err := strconv.ParseUint(text, 10, 64)
		if !ok || err != nil {
			continue
		}
		next = max(next, n+1)
		f := &segment{number: n, by: map[scale.Severity]int{}}
		whole, harmed := int64(0), uint64(0) // lines since the last whole one
		// lose counts the alerts up to a number, after the last whole line, that the server does not have: numbers follow each other,
		// and damage makes lines more and fewer.
		lose := func(last uint64) {
			from := cmp.Or(f.last, last-min(harmed, last))
			if f.acked = acked[f.boot]; harmed > 0 && last > max(from, f.acked) {
				s.damaged += last - max(from, f.acked)
			}
			harmed = 0
		}
		err = s.scan(f, func(r fleet.Spooled, end int64) bool {
			if r.Seq == 0 {
				harmed++
				return true
			}
			if lose(r.Seq - 1); r.Seq > f.acked {
				f.by[r.Severity]++
			}
			f.last, whole = r.Seq, end
			return true
		})
		if err != nil {
			return nil, err
		}
		lose(f.last + harmed)
		if f.alerts() == 0 {
			_ = os.Remove(s.path(f))
			continue
		}
		if err := os.Truncate(s.path(f), whole); err != nil {
			return nil, err
		}
		f.bytes = whole
		s.files = append(s.files, f)
	}
	slices.SortFunc(s.files, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	for _, f := range s.files {
		s.bytes += f.bytes
		s.alerts += f.alerts()
	}
	if s.alerts > 0 {
		s.wake <- struct{}{}
	}
	return s, s.begin(next)
}

// add writes an alert down; it is with the kernel when it returns, and on the disk after the next sync.
func (s *spool) add(severity scale.Severity, text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[len(s.files)-1]
	if f.bytes >= s.size || s.torn {
		if err := s.begin(f.number + 1); err != nil {
			s.fault = err
			return err
		}
		f = s.files[len(s.files)-1]
	}
	n, err := s.out.Write(encode(fleet.Spooled{Seq: s.seq + 1, Severity: severity, Alert: text}))
	f.bytes += int64(n)
	s.bytes += int64(n)
	if s.fault = err; err != nil {
		s.torn = true // what follows half a line could not be read
		return err
	}
	s.seq++
	f.last = s.seq
	f.by[severity]++
	s.alerts++
	s.dirty = true
	if s.bytes > s.room {
		s.shrink()
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// sync puts what was written on the disk.
func (s *spool) sync() error {
	s.mu.Lock()
	out, dirty := s.out, s.dirty
	s.dirty = false
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := out.Sync(); !errors.Is(err, os.ErrClosed) { // else begin synced it
		return err
	}
	return nil
}

// shrink makes room: alerts of low severity go first, and of those the oldest.
func (s *spool) shrink() {
	goal := s.room * 9 / 10
	last := s.files[len(s.files)-1]
	for _, severity := range append([]scale.Severity{0}, scale.Severities()...) {
		for _, f := range s.files {
			if f != last && s.bytes > goal && f.by[severity] > 0 {
				s.rewrite(f, severity)
			}
		}
	}
	s.remove()
	if text, err := json.Marshal(s.dropped); err == nil {
		_ = files.Write(filepath.Join(s.dir, droppedFile), text, 0o640) // counts, which the next time has
	}
}

// remove removes files with nothing in them that the server does not have, but for the last.
func (s *spool) remove() (removed bool) {
	last := s.files[len(s.files)-1]
	s.files = slices.DeleteFunc(s.files, func(f *segment) bool {
		if f == last || f.alerts() > 0 {
			return false
		}
		s.bytes -= f.bytes
		_ = os.Remove(s.path(f)) // what is left is sent once more after the next start
		removed = true
		return true
	})
	return removed
}

// rewrite leaves the alerts of a severity out of a file, and those that the server has.
func (s *spool) rewrite(f *segment, severity scale.Severity) {
	out := fmt.Appendf(nil, "%d\n", f.boot)
	by := map[scale.Severity]int{}
	gone := uint64(0)
	err := s.scan(f, func(r fleet.Spooled, _ int64) bool {
		switch {
		case r.Seq <= f.acked:
		case r.Severity == severity:
			gone++
		default:
			out = append(out, encode(r)...)
			by[r.Severity]++
		}
		return true
	})
	if err != nil || files.Write(s.path(f), out, 0o640) != nil {
		return
	}
	before := f.alerts()
	s.damaged += uint64(max(before-int(gone)-sum(by), 0))
	s.bytes += int64(len(out)) - f.bytes
	f.bytes, f.by = int64(len(out)), by
	s.alerts += f.alerts() - before
	s.dropped[severity] += gone
}

// next returns the oldest alerts that the server does not have; none where it has all.
func (s *spool) next() (fleet.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.alerts() == 0 {
			continue
		}
		b, size := fleet.Batch{}, 0
		err := s.scan(f, func(r fleet.Spooled, _ int64) bool {
			if r.Seq <= f.acked {
				return true
			}
			if len(b.Alerts) == fleet.MaxBatch || size > 0 && size+len(r.Alert) > fleet.MaxBatchBytes {
				return false
			}
			size += len(r.Alert)
			b.Alerts = append(b.Alerts, r)
			return true
		})
		if err != nil {
			return b, err
		}
		if len(b.Alerts) > 0 {
			b.Boot = f.boot
			return b, nil
		}
		// The file lost what it had: its disk is damaged.
		s.damaged += uint64(f.alerts())
		s.alerts -= f.alerts()
		f.by = map[scale.Severity]int{}
	}
	return fleet.Batch{}, nil
}

// done takes down that the server has all of a batch up to a number, and removes files of which it has all.
func (s *spool) done(b fleet.Batch, stored uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.boot != b.Boot || f.last < b.Alerts[0].Seq || f.acked >= stored {
			continue
		}
		for _, r := range b.Alerts {
			if r.Seq > f.acked && r.Seq <= stored && f.by[r.Severity] > 0 {
				f.by[r.Severity]--
				s.alerts--
			}
		}
		f.acked = stored
		break
	}
	if s.remove() {
		s.saveAcked()
	}
}

// saveAcked writes down what the server has, so that little is sent again after a restart.
func (s *spool) saveAcked() {
	acked := map[uint64]uint64{}
	for _, f := range s.files {
		if have, ok := acked[f.boot]; !ok || f.acked < have {
			acked[f.boot] = f.acked
		}
	}
	if text, err := json.Marshal(acked); err == nil {
		_ = files.Write(filepath.Join(s.dir, ackedFile), text, 0o640)
	}
}

// status says how the spool is.
func (s *spool) status() fleet.Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := fleet.Queue{Alerts: s.alerts, Bytes: s.bytes, Room: s.room, Dropped: maps.Clone(s.dropped), Damaged: s.damaged}
	if s.fault != nil {
		q.Failed = s.fault.Error()
	}
	return q
}

func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saveAcked()
	return errors.Join(s.out.Sync(), s.out.Close())
}
