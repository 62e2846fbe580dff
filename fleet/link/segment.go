package link

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/internal/scale"
)

// A segment is a file of the spool.
type segment struct {
	number uint64
	boot   uint64
	bytes  int64
	acked  uint64 // the server has all up to this
	last   uint64
	by     map[scale.Severity]int // alerts that the server does not have
}

func (s *segment) alerts() int { return sum(s.by) }

func sum(by map[scale.Severity]int) int {
	n := 0
	for _, c := range by {
		n += c
	}
	return n
}

var table = crc32.MakeTable(crc32.Castagnoli)

func (s *spool) path(f *segment) string {
	return filepath.Join(s.dir, fmt.Sprintf("%012d.seg", f.number))
}

// begin begins a file.
func (s *spool) begin(number uint64) error {
	f := &segment{number: number, boot: s.boot, acked: s.seq, last: s.seq, by: map[scale.Severity]int{}}
	out, err := os.OpenFile(s.path(f), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	head := fmt.Appendf(nil, "%d\n", s.boot)
	if _, err := out.Write(head); err != nil {
		_ = out.Close()
		return err
	}
	if s.out != nil {
		_ = s.out.Sync()
		_ = s.out.Close()
	}
	f.bytes = int64(len(head))
	s.out, s.files, s.bytes, s.torn = out, append(s.files, f), s.bytes+f.bytes, false
	return nil
}

// scan reads the lines of a file. One that is damaged is a record of number 0, and so are all where the boot in the head is: their
// alerts are lost. What follows the last end of a line is none. end is where a line ends.
func (s *spool) scan(f *segment, each func(r fleet.Spooled, end int64) bool) error {
	in, err := os.Open(s.path(f))
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 64<<10)
	head, err := r.ReadString('\n')
	if err != nil {
		return nil // killed before the head was written
	}
	f.boot, err = strconv.ParseUint(strings.TrimSpace(head), 10, 64)
	known := err == nil
	at := int64(len(head))
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		at += int64(len(line))
		record, ok := decode(line)
		if !ok || !known {
			record = fleet.Spooled{}
		}
		if !each(record, at) {
			return nil
		}
	}
}

// encode writes a record as a line: checksum, number, severity and the alert.
func encode(r fleet.Spooled) []byte {
	body := fmt.Appendf(nil, "%d %d ", r.Seq, uint8(r.Severity))
	body = append(body, r.Alert...)
	line := fmt.Appendf(nil, "%08x ", crc32.Checksum(body, table))
	return append(append(line, body...), '\n')
}

func decode(line []byte) (r fleet.Spooled, ok bool) {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	if len(line) < 10 || line[8] != ' ' {
		return r, false
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(line[9:], table) {
		return r, false
	}
	parts := bytes.SplitN(line[9:], []byte{' '}, 3)
	if len(parts) != 3 {
		return r, false
	}
	seq, err := strconv.ParseUint(string(parts[0]), 10, 64)
	level, err2 := strconv.ParseUint(string(parts[1]), 10, 8)
	if err != nil || err2 != nil || level > uint64(scale.SeverityCritical) {
		return r, false
	}
	return fleet.Spooled{Seq: seq, Severity: scale.Severity(level), Alert: slices.Clone(parts[2])}, true
}
