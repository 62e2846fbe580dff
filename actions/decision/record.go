package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// What a line of the journal does.
const (
	opAdd    = "add"    // the decision of the line takes the place of what there was of its target
	opRemove = "remove" // the target was released
	opPast   = "past"   // what is remembered of a target without a decision; only compacting writes it
	opStart  = "start"  // the first line after compacting: the number of the last decision, and the time
)

// A record is a line of the journal. Decision is its subject; of opRemove its Origin and Reason are those of who
// released it.
type record struct {
	Op string `json:"op"`
	Decision
	At       time.Time `json:"at,omitzero"`       // opRemove: when; opPast: when the last decision ended; opStart: when it was written
	Released time.Time `json:"released,omitzero"` // opPast: when it was released
	Version  int       `json:"version,omitempty"` // opStart: of the journal; 0 is 1
}

// journalVersion is that of the journals that this program writes. One that changes what lines mean raises it, and compacts
// the journal at its first start, so that no program before reads such lines.
const journalVersion = 1

// maxLine bounds a line of the journal, in bytes. Texts are bounded by maxText, each byte of which takes six at most
// in JSON; a line that is longer was not written by this program.
const maxLine = 32 << 10

// The checksum is the last key of a line: CRC-32C (RFC 3720, section 12.1) of all bytes before it, in eight hex digits.
const (
	sumKey = `,"crc":"`
	sumEnd = `"}`
	sumLen = len(sumKey) + 8 + len(sumEnd)
)

// castagnoli is never written to: crc32 makes the same table for every caller.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// appendRecord appends the line of a record, with its newline.
func appendRecord(dst []byte, r *record) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // the file is for people too
	if err := enc.Encode(r); err != nil {
		return dst, err
	}
	body := bytes.TrimSuffix(buf.Bytes(), []byte("}\n"))
	dst = append(dst, body...)
	dst = append(dst, sumKey...)
	dst = fmt.Appendf(dst, "%08x", crc32.Checksum(body, castagnoli()))
	return append(dst, sumEnd+"\n"...), nil
}

var (
	errNoSum  = errors.New("it does not end with a checksum")
	errBadSum = errors.New("its checksum is wrong")
)

// parseRecord reads a line without its newline.
func parseRecord(line []byte) (*record, error) {
	if len(line) < sumLen || !bytes.HasSuffix(line, []byte(sumEnd)) || !bytes.Equal(line[len(line)-sumLen:][:len(sumKey)], []byte(sumKey)) {
		return nil, errNoSum
	}
	body, digits := line[:len(line)-sumLen], line[len(line)-sumLen+len(sumKey):][:8]
	sum, err := strconv.ParseUint(string(digits), 16, 32)
	if err != nil {
		return nil, errNoSum
	}
	if uint32(sum) != crc32.Checksum(body, castagnoli()) {
		return nil, errBadSum
	}
	r := new(record)
	if err := json.Unmarshal(line, r); err != nil {
		return nil, err
	}
	return r, r.check()
}

// check returns what is wrong with a record that some other program wrote, or a later version of this one.
func (r *record) check() error {
	switch r.Op {
	case opAdd:
		return r.Decision.check()
	case opRemove, opPast:
		if !r.Target.IsValid() {
			return errors.New("it has no target")
		}
		return nil
	case opStart:
		return nil
	}
	return fmt.Errorf("this version does not know the operation %q", r.Op)
}

// check returns what is wrong with a decision that was read.
func (d *Decision) check() error {
	switch {
	case d.Kind != Block && d.Kind != Quarantine:
		return fmt.Errorf("there is no decision %q", d.Kind)
	case !d.Target.IsValid():
		return errors.New("it has no target")
	case d.Since.IsZero():
		return errors.New("it does not say since when it holds")
	case d.Offences < 0:
		return errors.New("its number of offences is negative")
	}
	return nil
}
