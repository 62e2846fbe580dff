package decision

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// A BadLine is a line of the journal that could not be read and was skipped.
type BadLine struct {
	Line   int // from 1
	Reason string
}

// String says which line it is, and why it is bad.
func (b BadLine) String() string { return fmt.Sprintf("line %d: %s", b.Line, b.Reason) }

// maxBadLines bounds how many are told of; all are counted.
const maxBadLines = 100

// A replay is what reading a journal found, besides its records.
type replay struct {
	lines    int   // that are good
	good     int64 // bytes up to the end of the last good line, with its newline if it has one
	size     int64 // of all
	newline  bool  // the last good line ends with one
	bad      []BadLine
	badCount int    // lines in the middle that were skipped
	tail     string // why what is behind good is not; "" where nothing is
	tailLine int
	whole    bool // what is behind good has a newline: more than the beginning of a line that was being written
}

// replayJournal hands every good record to each, in order. Lines that are not good are skipped: those before the
// last good one are damage, those behind it are what was being written when the program ended.
func replayJournal(r io.Reader, each func(*record)) (replay, error) {
	var p replay
	p.newline = true
	in := bufio.NewReaderSize(r, maxLine)
	var pending []BadLine // since the last good line
	pendingCount := 0
	pendingWhole := false
	for number := 1; ; number++ {
		line, n, err := readLine(in)
		p.size += n
		if err != nil && err != io.EOF {
			return p, err
		}
		if n > 0 {
			body, ended := bytes.CutSuffix(line, []byte{'\n'})
			rec, bad := parse(body, n)
			switch {
			case bad != nil:
				if pendingCount == 0 {
					p.tailLine = number
				}
				pendingWhole = pendingWhole || ended || n > maxLine
				if pendingCount++; len(p.bad)+len(pending) < maxBadLines {
					pending = append(pending, BadLine{number, bad.Error()})
				}
			case rec == nil: // blank: someone had an editor at it
			case rec.Op == opStart && rec.Version > journalVersion:
				return p, stateversion.Check("the journal", rec.Version, journalVersion)
			default:
				each(rec)
				p.lines++
				p.good, p.newline = p.size, ended
				p.bad, p.badCount = append(p.bad, pending...), p.badCount+pendingCount
				pending, pendingCount, pendingWhole = nil, 0, false
			}
		}
		if err == io.EOF {
			break
		}
	}
	p.whole = pendingWhole
	if pendingCount > 0 {
		p.tail = errNoSum.Error()
		if len(pending) > 0 {
			p.tail = pending[0].Reason
		}
	}
	return p, nil
}

var errLongLine = fmt.Errorf("it is longer than %d bytes", maxLine)

// parse reads a line of so many bytes; nil for a blank one.
func parse(body []byte, n int64) (*record, error) {
	if n > maxLine {
		return nil, errLongLine
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	return parseRecord(body)
}

// readLine returns the next line with its newline, and its length. Of a line longer than the buffer only the length
// is right.
func readLine(in *bufio.Reader) (line []byte, n int64, err error) {
	line, err = in.ReadSlice('\n')
	n = int64(len(line))
	for errors.Is(err, bufio.ErrBufferFull) {
		var more []byte
		more, err = in.ReadSlice('\n')
		if n += int64(len(more)); n <= maxLine { // only the newline was missing
			n = maxLine + 1
		}
	}
	return line, n, err
}
