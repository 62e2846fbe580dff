package lists

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// A Column is what a list knows of its entries besides that they are in it: a value for each row of its file.
type Column struct {
	Name  string
	Used  bool
	Range hcl.Range // of the name
	kind  packet.Kind
	ints  []int64
	float []float64
	words []uint32 // places in texts
	texts []string // the different ones
	known map[string]uint32
}

// NewColumn returns a column without values.
func NewColumn(name string, at hcl.Range) *Column {
	return &Column{Name: name, Range: at, known: map[string]uint32{}}
}

// Kind is KindInt or KindFloat where every value is a number, else KindString.
func (c *Column) Kind() packet.Kind { return c.kind }

// Int returns the value of a row of a column of KindInt.
func (c *Column) Int(row int) int64 { return c.ints[row] }

// Float returns the value of a row of a column of numbers.
func (c *Column) Float(row int) float64 {
	if c.kind == packet.KindInt {
		return float64(c.ints[row])
	}
	return c.float[row]
}

// Text returns the value of a row of a column of KindString.
func (c *Column) Text(row int) string { return c.texts[c.words[row]] }

func (c *Column) add(text string) {
	at, ok := c.known[text]
	if !ok {
		at = uint32(len(c.texts))
		text = strings.Clone(text)
		c.known[text] = at
		c.texts = append(c.texts, text)
	}
	c.words = append(c.words, at)
}

// settle finds out what the values are.
func (c *Column) settle() {
	c.known = nil
	c.kind = packet.KindString
	if len(c.texts) == 0 {
		return
	}
	ints, floats := make([]int64, len(c.texts)), make([]float64, len(c.texts))
	whole := true
	for i, t := range c.texts {
		n, err := strconv.ParseInt(t, 10, 64)
		whole = whole && err == nil
		ints[i] = n
		f, err := strconv.ParseFloat(t, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		floats[i] = f
	}
	if whole {
		c.kind = packet.KindInt
		for _, w := range c.words {
			c.ints = append(c.ints, ints[w])
		}
	} else {
		c.kind = packet.KindFloat
		for _, w := range c.words {
			c.float = append(c.float, floats[w])
		}
	}
	c.words, c.texts = nil, nil
}

// rows finds the row of an entry. Of entries that overlap it is that of the narrowest, of equal ones the first.
type rows struct {
	starts []packet.Addr // of stretches of addresses, ascending
	at     []int32       // the row of each; -1 for none
	ports  []int32       // by port; -1 for none
	words  map[string]int32
	names  []int32 // by number in the NameSet
}

// RowOfAddr returns the row of an address in a list with columns; -1 where the list does not have it.
func (l *List) RowOfAddr(a packet.Addr) int {
	lo, hi := -1, len(l.rows.starts)
	for lo+1 < hi {
		m := (lo + hi) / 2
		if a.Less(l.rows.starts[m]) {
			hi = m
		} else {
			lo = m
		}
	}
	if lo < 0 {
		return -1
	}
	return int(l.rows.at[lo])
}

// RowOfInt is RowOfAddr for a port.
func (l *List) RowOfInt(n int64) int {
	if n < 0 || n >= int64(len(l.rows.ports)) {
		return -1
	}
	return int(l.rows.ports[n])
}

// RowOfText is RowOfAddr for a text or a domain name.
func (l *List) RowOfText(s []byte) int {
	if l.Set.Names != nil {
		if n := l.Set.Names.Find(s); n >= 0 {
			return int(l.rows.names[n])
		}
		return -1
	}
	if r, ok := l.rows.words[string(s)]; ok {
		return int(r)
	}
	return -1
}

// rowsOf finds the rows of the entries, which were added one a row.
func (s *Entries) rowsOf() *rows {
	out := &rows{words: s.rowOf, names: s.nameRows}
	switch s.typ {
	case IP:
		out.stretches(s.addrs)
	case Port:
		out.ports = make([]int32, 1<<16)
		for i := range out.ports {
			out.ports[i] = -1
		}
		order := make([]int, len(s.ints))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { // the narrowest first, which wider ones leave as it is
			return cmp.Or(cmp.Compare(s.ints[a].Hi-s.ints[a].Lo, s.ints[b].Hi-s.ints[b].Lo), cmp.Compare(a, b))
		})
		free := make([]int32, 1<<16+1) // by port: one at or behind it that may have no row yet
		for i := range free {
			free[i] = int32(i)
		}
		for _, i := range order {
			p := int32(s.ints[i].Lo)
			for {
				at := p
				for free[at] != at {
					at = free[at]
				}
				for p != at {
					p, free[p] = free[p], at
				}
				if int64(p) > s.ints[i].Hi {
					break
				}
				out.ports[p], free[p] = int32(i), p+1
			}
		}
	}
	return out
}

// stretches cuts the addresses at every end of every range.
func (r *rows) stretches(ranges []AddrRange) {
	type end struct {
		at   packet.Addr
		row  int32
		open bool
	}
	ends := make([]end, 0, 2*len(ranges))
	for i, g := range ranges {
		ends = append(ends, end{g.Lo, int32(i), true})
		if next := g.Hi.Next(); next != (packet.Addr{}) {
			ends = append(ends, end{next, int32(i), false})
		}
	}
	slices.SortFunc(ends, func(x, y end) int { return x.at.Compare(y.at) })
	var open []int32 // the narrowest last
	wider := func(x, y int32) int {
		return cmp.Or(compareSizes(ranges[y], ranges[x]), cmp.Compare(y, x))
	}
	for i := 0; i < len(ends); {
		at := ends[i].at
		for ; i < len(ends) && ends[i].at == at; i++ {
			k, found := slices.BinarySearchFunc(open, ends[i].row, wider)
			if found {
				open = slices.Delete(open, k, k+1)
			} else {
				open = slices.Insert(open, k, ends[i].row)
			}
		}
		row := int32(-1)
		if len(open) > 0 {
			row = open[len(open)-1]
		}
		r.starts, r.at = append(r.starts, at), append(r.at, row)
	}
}

func compareSizes(x, y AddrRange) int {
	sub := func(r AddrRange) packet.Addr {
		d := packet.Addr{Hi: r.Hi.Hi - r.Lo.Hi, Lo: r.Hi.Lo - r.Lo.Lo}
		if r.Hi.Lo < r.Lo.Lo {
			d.Hi--
		}
		return d
	}
	return sub(x).Compare(sub(y))
}

// readRows adds the rows of a CSV file (RFC 4180, with # comments): an entry, and a value for each column. A first row that
// has the names of the columns is left out.
func (s *Entries) readRows(name string, data []byte) hcl.Diagnostics {
	header := s.list.Header
	var diags hcl.Diagnostics
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csvReader(data)
	bad := 0
	problem := func(line, column int, format string, args ...any) {
		if bad++; bad > maxListErrors {
			return
		}
		from := lineStart(data, line) + column - 1
		pos := hcl.Pos{Line: line, Column: column, Byte: from}
		to := from + len(bytes.TrimRight(firstLine(data[min(from, len(data)):]), "\r"))
		end := diag.Positions(data, pos, []int{from, to})
		diags = append(diags, diag.New(diag.BadListEntry, hcl.Range{Filename: name, Start: end[0], End: end[1]}, format, args...))
	}
	for first := true; ; first = false {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				problem(1, 1, "The file cannot be read: %v.", err)
				break
			}
			problem(pe.Line, 1, "This is no row of CSV: %v.", pe.Err)
			continue
		}
		for i := range rec {
			rec[i] = strings.TrimSpace(rec[i])
		}
		if first && slices.EqualFunc(rec, header, strings.EqualFold) {
			continue
		}
		line, column := r.FieldPos(0)
		if len(rec) != len(header) {
			problem(line, column, "The row has %d values, and the list has %d columns: %s.", len(rec), len(header), strings.Join(header, ", "))
			continue
		}
		if err := s.Add(rec[0]); err != nil {
			problem(line, column, "%s.", diag.Capital(err.Error()))
			continue
		}
		for i, c := range s.list.Columns {
			c.add(rec[i+1])
		}
	}
	if bad > maxListErrors {
		diags = append(diags, diag.New(diag.BadListEntry, hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "%d more rows of this file are wrong.", bad-maxListErrors))
	}
	return diags
}

func csvReader(data []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.TrimLeadingSpace, r.ReuseRecord, r.FieldsPerRecord = '#', true, true, -1
	return r
}

func lineStart(data []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return at
}

func firstLine(data []byte) []byte {
	line, _, _ := bytes.Cut(data, []byte{'\n'})
	return line
}

var errRows = fmt.Errorf("the list has more than %d rows", math.MaxInt32)
