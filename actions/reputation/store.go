package reputation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// A header is the first line of a cache file. It keeps a wrong path from making a file of someone else's
// a cache.
type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

func cacheHeader() header { return header{Format: "ruleids reputation cache", Version: 1} }

// errNotCache is wrapped by the error for a file that is something else.
var errNotCache = errors.New("is not a reputation cache")

// maxLine is more bytes than any line of a cache has; maxEngines is more engines than there are.
const (
	maxLine    = 4096
	maxEngines = 100_000
)

// A store keeps verdicts in a file of JSON lines. A verdict is appended when it comes in; of several
// lines on an indicator the last holds. Now and then, and after any trouble, the file is written again
// beside the old one and put in its place, so that there is a whole file at any time. It is used by one
// goroutine.
type store struct {
	path    string
	file    *os.File // open for appending; nil where the next write has to write all
	lines   int      // verdicts in the file, superseded ones included
	damaged int      // lines that could not be read
	torn    bool     // the last line was cut short
}

// read calls use for every verdict in the file, in its order. A file that is missing or empty is fine.
// Lines that are damaged are skipped and counted; torn tells that the last one was cut short, as by a
// crash. The error is of the file as a whole.
func (s *store) read(use func(Verdict)) error {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s %w: it is not a regular file", s.path, errNotCache)
	}
	if err := s.parse(f, use); errors.Is(err, stateversion.ErrLater) {
		return err
	} else if err != nil {
		return fmt.Errorf("%s %w", s.path, err)
	}
	return nil
}

func (s *store) parse(r io.Reader, use func(Verdict)) error {
	in := bufio.NewReaderSize(r, maxLine)
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case first && remains(line, in):
			s.torn = true
			return nil
		case first:
			var h header
			if err != nil || json.Unmarshal(line, &h) != nil || h.Format != cacheHeader().Format {
				return errNotCache
			}
			if err := stateversion.Check(s.path, h.Version, cacheHeader().Version); err != nil {
				return err
			}
			if h.Version < 1 {
				return errNotCache
			}
			continue
		case errors.Is(err, io.EOF):
			s.torn = true
			return nil
		case err != nil && !long:
			return fmt.Errorf("cannot be read: %w", err)
		}
		v, ok := Verdict{}, false
		if !long {
			v, ok = parseRecord(line)
		}
		for errors.Is(err, bufio.ErrBufferFull) { // skip what is left of it
			_, err = in.ReadSlice('\n')
		}
		s.lines++
		if !ok {
			s.damaged++
			continue
		}
		use(v)
	}
}

// remains reports whether a file of which a line is the first is what a crash leaves of a cache that was begun: part of the
// header and nothing more, or nothing but the zeros that some file systems have in place of what was not written.
func remains(line []byte, rest io.Reader) bool {
	head, err := json.Marshal(cacheHeader())
	if err != nil {
		return false
	}
	if bytes.HasPrefix(head, line) {
		return true // there is no end of a line in it: there is no more
	}
	more := make([]byte, maxLine)
	for len(bytes.Trim(line, "\x00")) == 0 {
		n, err := rest.Read(more)
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		line = more[:n]
	}
	return false
}

func parseRecord(line []byte) (Verdict, bool) {
	var r struct {
		Verdict
		Tier json.RawMessage `json:"tier"` // is for people: it is worked out again, so that changed settings hold at once
	}
	if json.Unmarshal(line, &r) != nil {
		return Verdict{}, false
	}
	if y := r.Asked.UTC().Year(); y < 1970 || y > 9999 { // RFC 3339 ends there
		return Verdict{}, false
	}
	if text, _, ok := canonical(nil, r.Indicator); !ok || string(text) != r.Indicator {
		return Verdict{}, false
	}
	for _, n := range []int{r.Malicious, r.Suspicious, r.Harmless, r.Undetected, r.Timeout} {
		if n < 0 || n > maxEngines {
			return Verdict{}, false
		}
	}
	r.Asked = r.Asked.UTC()
	return r.Verdict, true
}

// appendRecord appends the line of a verdict.
func appendRecord(dst []byte, v *Verdict) []byte {
	x := *v
	x.Asked = v.Asked.UTC().Truncate(time.Second)
	b, err := json.Marshal(x)
	if err != nil { // a time after the year 9999
		return dst
	}
	return append(append(dst, b...), '\n')
}

// slack is how many lines that no longer hold a file may have at least.
const slack = 1000

// add writes a verdict. live returns all that hold, the new one included; it is called where the file has
// to be written again.
func (s *store) add(v *Verdict, live func() []Verdict) error {
	if s.file == nil {
		return s.rewrite(live())
	}
	s.lines++
	if s.lines > slack {
		if all := live(); s.lines > 2*len(all)+slack {
			return s.rewrite(all)
		}
	}
	// A line is one write, so that only a crash of the machine or a full disk cuts one short.
	if _, err := s.file.Write(appendRecord(nil, v)); err != nil {
		s.drop()
		return err
	}
	return nil
}

// drop closes the file, so that the next write writes all.
func (s *store) drop() {
	if s.file != nil {
		_ = s.file.Close() // what it holds is written again
		s.file = nil
	}
}

// rewrite writes a file of some verdicts and puts it in the place of the old one.
func (s *store) rewrite(all []Verdict) (err error) {
	s.drop()
	next := s.path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a crash
		return err
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(next)
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	h, err := json.Marshal(cacheHeader())
	if err != nil {
		return err
	}
	if _, err := w.Write(append(h, '\n')); err != nil {
		return err
	}
	var line []byte
	for i := range all {
		line = appendRecord(line[:0], &all[i])
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil { // Windows renames no file that is open
		return err
	}
	if err := files.Rename(next, s.path); err != nil {
		return err
	}
	if f, err = os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return err
	}
	s.file, s.lines = f, len(all)
	return nil
}
