package lists

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"

	"github.com/hashicorp/hcl/v2"
)

// Sift returns what of a file is good for a list of a type, with the names of its columns or nil for one entry a line: its bytes
// without the lines that no entry can be read from. It counts the entries and the others, and first is what is wrong with the
// first of those.
func Sift(typ Type, header []string, data []byte) (good []byte, entries, others int, first error) {
	take := func(part []byte) {
		n, diags := sift(typ, header, part)
		if diags.HasErrors() {
			others++
			if first == nil {
				first = errors.New(diags[0].Detail)
			}
			return
		}
		entries += n
		good = append(good, part...)
	}
	if header == nil {
		for line := range bytes.Lines(data) {
			take(line)
		}
		return good, entries, others, first
	}
	r := csvReader(data)
	for from := int64(0); ; from = r.InputOffset() {
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return good, entries, others, first
		}
		if _, ok := errors.AsType[*csv.ParseError](err); err != nil && !ok {
			others++
			return good, entries, others, err
		}
		take(data[from:r.InputOffset()])
	}
}

// sift reads one line or row.
func sift(typ Type, header []string, part []byte) (int, hcl.Diagnostics) {
	l := &List{Type: typ, Header: header}
	for i := range header {
		if i > 0 {
			l.Columns = append(l.Columns, NewColumn(header[i], hcl.Range{}))
		}
	}
	s := NewEntries(l)
	diags := s.Read("", part)
	return s.n, diags
}
