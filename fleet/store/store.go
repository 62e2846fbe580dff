// Package store keeps the alerts of a fleet: one SQLite file for each day, with counts by the minute that are written in the
// same transaction. What is too old is removed by the file.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a Store needs.
type Options struct {
	Dir      string
	Keep     time.Duration // by the time of alerts
	KeepSize int64         // bytes of all files
	Now      func() time.Time
	Log      *slog.Logger
	// Stored, where set, is called with alerts that are stored, in the order of their ids, from one goroutine. It must not
	// wait.
	Stored func([]*Stored)
}

// A Store keeps alerts. Its methods may be called by several goroutines.
type Store struct {
	opt    Options
	writes chan *write
	done   chan struct{}
	ending chan struct{}
	once   sync.Once

	mu   sync.Mutex
	days map[string]*day // open ones

	endings map[string]*ending // of the writer
	settled atomic.Int64       // days that are

	stored     atomic.Uint64
	duplicates atomic.Uint64
	expired    atomic.Uint64
	fault      atomic.Pointer[string]
}

// A write is entries of one caller.
type write struct {
	entries []*Entry
	done    chan error
}

const (
	maxBatch = 1000 // entries in a transaction
	maxOpen  = 12   // days that are open and not in use
	maxAhead = 24 * time.Hour
	dayForm  = time.DateOnly
	prefix   = "alerts-"
	suffix   = ".db"
)

// ErrClosed is returned once a Store is closed.
var ErrClosed = errors.New("the store of alerts is closed")

// Open opens the store in a directory, which it makes where it is missing.
func Open(opt Options) (*Store, error) {
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, err
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.DiscardHandler))
	s := &Store{opt: opt, writes: make(chan *write, 256), done: make(chan struct{}), ending: make(chan struct{}), days: map[string]*day{}, endings: map[string]*ending{}}
	if err := s.Expire(); err != nil {
		return nil, err
	}
	go s.run()
	return s, nil
}

// Close ends the store once all is written that was asked for.
func (s *Store) Close() error {
	s.once.Do(func() { close(s.ending) })
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, d := range s.days {
		errs = append(errs, d.close())
	}
	s.days = map[string]*day{}
	return errors.Join(errs...)
}

// Append stores entries that are not there yet, and returns when they are on the disk. After an error none, some or all of
// them may be; to give them again is right.
func (s *Store) Append(ctx context.Context, entries []*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	now := s.opt.Now()
	for _, e := range entries {
		e.Time = file(e.Time, e.Received, now, s.opt.Keep)
	}
	w := &write{entries, make(chan error, 1)}
	select {
	case s.writes <- w:
	case <-s.ending:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-s.done:
		select {
		case err := <-w.done:
			return err
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// file returns the time by which an alert is filed: its own, in whole microseconds, or when it was received where its own is
// in the future or too old to be kept.
func file(t, received, now time.Time, keep time.Duration) time.Time {
	if t.After(now.Add(maxAhead)) || t.Before(now.Add(-keep+maxAhead/24)) || t.Unix() <= 0 {
		t = received
	}
	return t.UTC().Truncate(time.Microsecond)
}

// run is the one writer. What waits when a transaction begins goes into it.
func (s *Store) run() {
	defer close(s.done)
	expire := time.NewTicker(time.Minute)
	defer expire.Stop()
	settle := time.NewTimer(time.Second)
	defer settle.Stop()
	for {
		select {
		case w := <-s.writes:
			s.serve(w)
		case <-expire.C:
			if err := s.Expire(); err != nil {
				s.opt.Log.Error("old alerts cannot be removed", "error", err)
			}
		case <-settle.C:
			settle.Reset(s.settle())
		case <-s.ending:
			for {
				select {
				case w := <-s.writes:
					s.serve(w)
				default:
					return
				}
			}
		}
	}
}

func (s *Store) serve(first *write) {
	batch, n := []*write{first}, len(first.entries)
	for more := true; more && n < maxBatch; {
		select {
		case w := <-s.writes:
			batch = append(batch, w)
			n += len(w.entries)
		default:
			more = false
		}
	}
	err := s.write(batch)
	note(&s.fault, s.opt.Log, err)
	for _, w := range batch {
		w.done <- err
	}
}

// note keeps why nothing can be stored, and logs when that changes.
func note(fault *atomic.Pointer[string], log *slog.Logger, err error) {
	if err == nil {
		if fault.Swap(nil) != nil {
			log.Info("alerts can be stored again")
		}
		return
	}
	text := err.Error()
	if fault.Swap(&text) == nil {
		log.Error("alerts cannot be stored; their agents keep them", "error", err)
	}
}

// write stores what is in a batch, day by day.
func (s *Store) write(batch []*write) error {
	byDay := map[string][]*Entry{}
	for _, w := range batch {
		for _, e := range w.entries {
			date := e.Time.Format(dayForm)
			byDay[date] = append(byDay[date], e)
		}
	}
	ctx := context.Background()
	var errs []error
	for date, entries := range byDay {
		d, err := s.open(ctx, date, true)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.noteWrite(date, len(entries))
		fresh, err := d.append(ctx, entries)
		s.leave(d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.stored.Add(uint64(len(fresh)))
		s.duplicates.Add(uint64(len(entries) - len(fresh)))
		if s.opt.Stored != nil && len(fresh) > 0 {
			s.opt.Stored(fresh)
		}
	}
	return errors.Join(errs...)
}

// open returns the day, or nil where there is none and it is not to be made. leave gives it back.
func (s *Store) open(ctx context.Context, date string, create bool) (*day, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.days[date]
	if d == nil {
		path := filepath.Join(s.opt.Dir, prefix+date+suffix)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
			return nil, nil
		}
		var err error
		if d, err = openDay(context.WithoutCancel(ctx), path, date); err != nil {
			return nil, err
		}
		s.days[date] = d
	}
	d.users++
	d.used = time.Now()
	return d, nil
}

func (s *Store) leave(d *day) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.users--
	s.spare(d)
	for len(s.days) > maxOpen {
		var oldest *day
		for _, x := range s.days {
			if x.users == 0 && (oldest == nil || x.used.Before(oldest.used)) {
				oldest = x
			}
		}
		if oldest == nil {
			return
		}
		delete(s.days, oldest.date)
		_ = oldest.close()
	}
}

// spare has days that are not in use forget their facts, those first that were asked least recently, where all together are too
// many. s.mu is held.
func (s *Store) spare(last *day) {
	for {
		total, oldest := int64(0), (*day)(nil)
		for _, x := range s.days {
			n := x.rows.Load()
			total += n
			if n > 0 && x != last && x.users == 0 && (oldest == nil || x.used.Before(oldest.used)) {
				oldest = x
			}
		}
		if total <= keptFacts || oldest == nil {
			return
		}
		if err := oldest.dropFacts(); err != nil {
			s.opt.Log.Warn("a file that saves time cannot be written", "error", err)
		}
	}
}

// A dayFile is one day on the disk.
type dayFile struct {
	date string
	size int64 // with its log
}

// files lists the days that there are, the newest first.
func (s *Store) files() ([]dayFile, error) {
	entries, err := os.ReadDir(s.opt.Dir)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		date, _, has := strings.Cut(rest, suffix)
		if !ok || !has {
			continue
		}
		if _, err := time.Parse(dayForm, date); err != nil {
			continue
		}
		if info, err := e.Info(); err == nil {
			sizes[date] += info.Size()
		}
	}
	var out []dayFile
	for date, size := range sizes {
		out = append(out, dayFile{date, size})
	}
	slices.SortFunc(out, func(a, b dayFile) int { return strings.Compare(b.date, a.date) })
	return out, nil
}

// Expire removes days that are too old, and the oldest ones as long as all together are too large; never today's.
func (s *Store) Expire() error {
	all, err := s.files()
	if err != nil {
		return err
	}
	now := s.opt.Now().UTC()
	oldest, today := now.Add(-s.opt.Keep).Format(dayForm), now.Format(dayForm)
	var total int64
	var errs []error
	for _, f := range all {
		total += f.size
		if f.date >= oldest && (total <= s.opt.KeepSize || f.date >= today) {
			continue
		}
		total -= f.size
		if err := s.remove(f.date); err != nil {
			errs = append(errs, err)
			continue
		}
		s.expired.Add(1)
		s.opt.Log.Info("alerts of a day removed", "day", f.date, "bytes", f.size)
	}
	return errors.Join(errs...)
}

// remove removes a day. One that is in use goes at another time.
func (s *Store) remove(date string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.days[date]; d != nil {
		if d.users > 0 {
			return fmt.Errorf("the alerts of %s are in use", date)
		}
		delete(s.days, date)
		_ = d.close()
	}
	path := filepath.Join(s.opt.Dir, prefix+date+suffix)
	err := os.Remove(path)
	for _, more := range []string{"-wal", "-shm", factsSuffix} {
		_ = os.Remove(path + more)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Status is how the store is.
type Status struct {
	Backend    string `json:"backend"`    // sqlite or victorialogs
	Stored     uint64 `json:"stored"`     // since the start
	Duplicates uint64 `json:"duplicates"` // that came again and were left out
	Days       int    `json:"days"`
	Settled    int    `json:"-"`                // days that are over whose words are found fast
	Oldest     string `json:"oldest,omitempty"` // day
	Bytes      int64  `json:"bytes"`
	Error      string `json:"error,omitempty"` // why nothing can be stored
}

// Status says how the store is.
func (s *Store) Status() Status {
	out := Status{Backend: "sqlite", Stored: s.stored.Load(), Duplicates: s.duplicates.Load(), Settled: int(s.settled.Load())}
	if text := s.fault.Load(); text != nil {
		out.Error = *text
	}
	if all, err := s.files(); err == nil && len(all) > 0 {
		out.Days, out.Oldest = len(all), all[len(all)-1].date
		for _, f := range all {
			out.Bytes += f.size
		}
	}
	return out
}
