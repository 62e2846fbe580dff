package login

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// ReplayOptions say how logs are read.
type ReplayOptions struct {
	Stdin    io.Reader      // what the name "-" stands for; nil for os.Stdin
	Location *time.Location // the zone of times that name none; nil for UTC
	// Now is the reference for times without a year where a file has no time of its own: standard input.
	Now      time.Time
	Patterns []*Pattern
}

// A Replay reads logs from files and returns their logins, those of all files in the order of their times. Files may be
// compressed by gzip. A file whose first line is a header with the columns timestamp, username, ip_address and status is a table
// of logins (CSV); any other is a log, of which each line may have another form.
type Replay struct {
	sources []*source
	tracker *Tracker
	ready   []packet.Auth
	flushed bool
	faults  []error

	lines atomic.Uint64
}

// A source is a file, and what it says next.
type source struct {
	name   string
	file   *os.File // nil for standard input
	in     *bufio.Reader
	format Format
	line   Line
	rows   []packet.Auth // of a table
	table  bool
	ended  bool
}

// OpenReplay opens files; "-" is standard input. What cannot be opened is told by Next.
func OpenReplay(names []string, opt ReplayOptions) *Replay {
	r := &Replay{tracker: New(opt.Patterns)}
	for _, name := range names {
		s, err := openSource(name, opt)
		if s != nil {
			err = errors.Join(err, r.advance(s))
			r.sources = append(r.sources, s)
		}
		if err != nil {
			r.faults = append(r.faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	return r
}

// openSource opens a file. With an error it may return a source that can be read all the same: a table with faulty rows.
func openSource(name string, opt ReplayOptions) (*source, error) {
	s := &source{name: name, format: Format{Location: opt.Location, Reference: opt.Now}}
	var in io.Reader = opt.Stdin
	if in == nil {
		in = os.Stdin
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			if pe := (*os.PathError)(nil); errors.As(err, &pe) {
				err = pe.Err
			}
			return nil, err
		}
		st, err := f.Stat()
		if err == nil && st.IsDir() {
			err = errors.New("it is a directory; name a file")
		}
		if err != nil {
			_ = f.Close()
			return nil, err
		}
		s.file, in = f, f
		if st.Mode().IsRegular() {
			s.format.Reference = st.ModTime()
		}
	}
	s.in = bufio.NewReaderSize(in, 64<<10)
	if head, _ := s.in.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(s.in)
		if err != nil {
			s.close()
			return nil, err
		}
		s.in = bufio.NewReaderSize(z, 64<<10)
	}
	head, _ := s.in.Peek(4 << 10)
	first, _, _ := strings.Cut(strings.TrimPrefix(string(head), "\ufeff"), "\n")
	if at, ok := tableHeader(strings.TrimRight(first, "\r")); ok {
		s.format.Location = cmp.Or(s.format.Location, time.UTC)
		s.table = true
		if _, err := s.in.ReadString('\n'); err != nil {
			return s, nil // a header and no row
		}
		var err error
		s.rows, err = readTable(s.in, at, &s.format)
		return s, err
	}
	return s, nil
}

func (s *source) close() {
	if s.file != nil {
		_ = s.file.Close() // it was only read from
		s.file = nil
	}
}

// advance reads the next line of a log. A source at its end, or at fault, is closed and left.
func (r *Replay) advance(s *source) error {
	if s.table {
		if s.ended = len(s.rows) == 0; s.ended {
			s.close()
		}
		return nil
	}
	raw, err := ReadLine(s.in, MaxLine)
	if raw != "" && errors.Is(err, io.EOF) {
		err = nil // the last line has no end
	}
	if err != nil {
		s.ended = true
		s.close()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the gzip file is cut short; what is before the cut was read")
		}
		return err
	}
	r.lines.Add(1)
	s.line = s.format.Parse(raw)
	return nil
}

// ReadLine reads a line with its end, of which it keeps as many bytes as most says. Of a line without an end there is what was
// read, and the error.
func ReadLine(in *bufio.Reader, most int) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if room := most - len(line); room > 0 {
			line = append(line, part[:min(len(part), room)]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(line), err
		}
	}
}

// time returns when the source's next line was.
func (s *source) time() int64 {
	if s.table {
		return s.rows[0].Time
	}
	if s.line.Time.IsZero() {
		return -1 << 63
	}
	return s.line.Time.UnixNano()
}

// Next returns the next login. Its error is io.EOF after the last one, and otherwise says what is wrong with a file, which it
// names; the next call goes on with the others.
func (r *Replay) Next() (packet.Auth, error) {
	for {
		if len(r.faults) > 0 {
			err := r.faults[0]
			r.faults = r.faults[1:]
			return packet.Auth{}, err
		}
		if len(r.ready) > 0 {
			a := r.ready[0]
			r.ready = r.ready[1:]
			return a, nil
		}
		var next *source
		for _, s := range r.sources {
			if !s.ended && (next == nil || s.time() < next.time()) {
				next = s
			}
		}
		if next == nil {
			if r.flushed {
				return packet.Auth{}, io.EOF
			}
			r.flushed = true
			r.ready = append(r.ready[:0], r.tracker.Flush()...)
			continue
		}
		if next.table {
			r.lines.Add(1)
			r.ready = append(append(r.ready[:0], r.tracker.Expire(time.Unix(0, next.rows[0].Time))...), next.rows[0])
			next.rows = next.rows[1:]
		} else {
			r.ready = append(r.ready[:0], r.tracker.Line(&next.line)...)
		}
		if err := r.advance(next); err != nil {
			r.faults = append(r.faults, fmt.Errorf("%s: %w", next.name, err))
		}
	}
}

// Lines returns how many lines were read so far, of tables how many rows. Any goroutine may call it.
func (r *Replay) Lines() uint64 { return r.lines.Load() }

// Close closes the files.
func (r *Replay) Close() {
	for _, s := range r.sources {
		s.close()
	}
}
