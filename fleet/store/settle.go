package store

import (
	"context"
	"time"
)

const (
	// settlePages is how many pages of 4 KiB of the index of words are merged at a time, while alerts wait to be stored.
	settlePages = 500
	// settleAfter is how long a day that is over is left alone after the last alert that came for it.
	settleAfter = 10 * time.Second
	// settleAgain is after how many alerts that came late a day is settled again.
	settleAgain = 50_000
)

// An ending is a day that may be over.
type ending struct {
	written time.Time // last
	settled bool
	late    int // alerts that came since it was settled
}

// noteWrite takes down that alerts of a day were stored. Like settle it is for the writer.
func (s *Store) noteWrite(date string, n int) {
	e := s.endings[date]
	if e == nil {
		e = &ending{}
		s.endings[date] = e
	}
	e.written = time.Now()
	if e.late += n; e.settled && e.late > settleAgain {
		e.settled = false
	}
}

// settle merges some of the index of words of a day that is over into one piece, and returns when to go on. While alerts come there
// are many pieces: they are stored fast, but of each the words have to be looked up.
func (s *Store) settle() time.Duration {
	all, err := s.files()
	if err != nil {
		return time.Minute
	}
	today, settled := s.opt.Now().UTC().Format(dayForm), 0
	defer func() { s.settled.Store(int64(settled)) }()
	for _, f := range all {
		e := s.endings[f.date]
		if e == nil {
			e = &ending{}
			s.endings[f.date] = e
		}
		if f.date >= today || time.Since(e.written) < settleAfter {
			continue
		}
		if e.settled {
			settled++
			continue
		}
		err := s.read(context.Background(), f.date, func(d *day) (err error) {
			e.settled, err = d.settle(context.Background())
			return err
		})
		if err != nil {
			s.opt.Log.Warn("the words of a day that is over cannot be merged; they take longer to find", "day", f.date, "error", err)
			return time.Minute
		}
		if e.settled {
			e.late = 0
		}
		return 20 * time.Millisecond
	}
	return time.Minute
}

// settle merges some of the index of words, and reports whether all of it is in one piece.
func (d *day) settle(ctx context.Context) (bool, error) {
	var before, after int64
	const changes = `SELECT total_changes()`
	if err := d.conn.QueryRowContext(ctx, changes).Scan(&before); err != nil {
		return false, err
	}
	// https://sqlite.org/fts5.html#the_merge_command
	if _, err := d.conn.ExecContext(ctx, `INSERT INTO word(word, rank) VALUES('merge', ?)`, -settlePages); err != nil {
		return false, err
	}
	err := d.conn.QueryRowContext(ctx, changes).Scan(&after)
	return after-before < 2, err
}
