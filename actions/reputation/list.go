package reputation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/scale"
)

const (
	// maxEntries bounds the patterns of all files of a list: some 200 bytes each.
	maxEntries = 1_000_000
	// maxFaults is how many errors of a file are told.
	maxFaults = 20
)

// A fileList is local files of indicators and their tiers.
type fileList struct {
	paths []string
	log   *slog.Logger
	table atomic.Pointer[table]
	// version of the table; goes up after it changed.
	version atomic.Uint64

	mu     sync.Mutex // held by reload, and for what follows
	loaded time.Time
	last   error // of the last reload; nil where that went well
	lastAt time.Time
}

func openList(c *ListConfig, opt Options) (*fileList, error) {
	l := &fileList{paths: slices.Clone(c.Files), log: opt.Log.With("reputation", KindList)}
	if err := l.reload(); err != nil {
		return nil, err
	}
	return l, nil
}

// Check reads the files and returns all that is wrong with them, with file and line.
func (c *ListConfig) Check() error {
	t := newTable()
	var errs []error
	for _, path := range c.Files {
		errs = append(errs, readList(path, t))
	}
	return errors.Join(errs...)
}

// reload reads the files again. After an error the list is as it was.
func (l *fileList) reload() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := newTable()
	var errs []error
	for _, path := range l.paths {
		if err := readList(path, t); err != nil {
			errs = append(errs, err)
		}
	}
	now := time.Now()
	if err := errors.Join(errs...); err != nil {
		l.last, l.lastAt = err, now
		return err
	}
	t.build()
	l.table.Store(t)
	l.version.Add(1)
	l.loaded, l.last = now, nil
	l.log.Info("reputation list read", "files", len(l.paths), "entries", t.len())
	return nil
}

func readList(path string, into *table) error {
	f, err := files.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return parseList(path, f, into)
}

// parseList adds the entries of a list to a table: an indicator, white space and a tier a line; what is
// behind a # is a comment. All errors are returned, each with file and line, and what was right is added.
func parseList(path string, r io.Reader, into *table) error {
	var errs []error
	lines := bufio.NewScanner(r)
	n, more := 0, 0
	for lines.Scan() {
		n++
		text := lines.Bytes()
		if n == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff")) // as some editors write
		}
		before, _, _ := bytes.Cut(text, []byte("#"))
		p, tier, empty, err := parseEntry(string(before))
		switch {
		case empty:
		case err == nil && into.len() >= maxEntries:
			return errors.Join(append(errs, fmt.Errorf("%s:%d: there are more than %d entries; leave out what matters least", path, n, maxEntries))...)
		case err == nil:
			into.add(p, tier)
		case len(errs) < maxFaults:
			errs = append(errs, fmt.Errorf("%s:%d: %w", path, n, err))
		default:
			more++
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		errs = append(errs, fmt.Errorf("%s:%d: the line is longer than %d bytes; write an indicator and a tier a line", path, n+1, bufio.MaxScanTokenSize))
	} else if err != nil {
		errs = append(errs, fmt.Errorf("%s:%d: %w", path, n+1, err))
	}
	if more > 0 {
		errs = append(errs, fmt.Errorf("%s: %d more lines are wrong", path, more))
	}
	return errors.Join(errs...)
}

// parseEntry reads a line without its comment.
func parseEntry(line string) (p Pattern, tier Tier, empty bool, err error) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return p, 0, true, nil
	}
	if p, err = parsePattern(fields[0]); err != nil {
		return p, 0, false, err
	}
	names := strings.Join(scale.TierWords(), ", ")
	if len(fields) == 1 {
		return p, 0, false, fmt.Errorf("%s has no tier; write one of %s behind it", p, names)
	}
	tier, err = scale.ParseTier(strings.ToLower(fields[1]))
	if err != nil {
		return p, 0, false, fmt.Errorf("there is no tier %q; write one of %s", fields[1], names)
	}
	if len(fields) > 2 {
		return p, 0, false, fmt.Errorf("%q is too much; write an indicator and a tier, and # before a comment", fields[2])
	}
	return p, tier, false, nil
}

// tier returns the tier of an indicator by its most specific entry.
func (l *fileList) tier(indicator string) Tier {
	var room [maxName]byte
	text, addr, ok := canonical(room[:0], indicator)
	if !ok {
		return scale.TierClean
	}
	tier, _ := l.table.Load().find(text, addr)
	return tier
}

func (l *fileList) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{Source: KindList, State: StateReady, Healthy: true, Entries: l.table.Load().len(), EntryLimit: maxEntries, Files: slices.Clone(l.paths), Loaded: l.loaded, LastErrorTime: l.lastAt}
	if l.last != nil {
		s.State, s.Healthy, s.LastError = StateFailing, false, l.last.Error()
	}
	return s
}
