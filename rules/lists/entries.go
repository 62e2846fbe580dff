package lists

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// maxListErrors is how many bad lines of a file are reported one by one.
const maxListErrors = 20

// Entries collects the entries of a list while it is read.
type Entries struct {
	list  *List
	typ   Type
	addrs []AddrRange
	ints  []IntRange
	strs  []string
	names *NameSet
	n     int

	rowed    bool             // each entry has a row, also where another was the same
	rowOf    map[string]int32 // of strings
	nameRows []int32          // by number in names
}

// NewEntries returns the entries of a list with a type, and with a Header and Columns where it is to have some, as a collection
// without any.
func NewEntries(l *List) *Entries {
	return &Entries{list: l, typ: l.Type, rowed: l.Header != nil}
}

// Read adds the entries of a file, and reports those that are none: one a line, or one a row where the list has columns.
func (s *Entries) Read(name string, data []byte) hcl.Diagnostics {
	sum := sha256.Sum256(data)
	s.list.digest = append(s.list.digest, sum[:]...)
	if s.rowed {
		return s.readRows(name, data)
	}
	return s.readLines(name, data)
}

// Settle gives the list what was collected.
func (s *Entries) Settle() error {
	l := s.list
	l.Set, l.Len = s.set(), s.n
	if !s.rowed {
		return nil
	}
	if s.n > math.MaxInt32 {
		return errRows
	}
	for _, c := range l.Columns {
		c.settle()
	}
	l.rows = s.rowsOf()
	return nil
}

// Add reads one entry.
func (s *Entries) Add(text string) error {
	switch s.typ {
	case IP:
		r, err := ParseAddrs(text)
		if err != nil {
			return err
		}
		s.addrs = append(s.addrs, r)
	case Port:
		r, ok := ParseInts(text)
		if !ok || r.Lo < 0 || r.Hi > 65535 {
			return fmt.Errorf("%q is not a port: write a number from 0 to 65535, or a range such as \"8000-8010\"", text)
		}
		s.ints = append(s.ints, r)
	case Domain:
		name, err := parseName(text)
		if err != nil {
			return err
		}
		if s.names == nil {
			s.names = &NameSet{}
		}
		_, added, err := s.names.add(name)
		if err != nil {
			return err
		}
		if added && s.rowed {
			s.nameRows = append(s.nameRows, int32(s.n))
		}
	default:
		text = strings.Clone(text)
		s.strs = append(s.strs, text)
		if s.rowed {
			if s.rowOf == nil {
				s.rowOf = map[string]int32{}
			}
			if _, known := s.rowOf[text]; !known {
				s.rowOf[text] = int32(s.n)
			}
		}
	}
	s.n++
	return nil
}

func (s *Entries) set() *Set {
	switch s.typ {
	case IP:
		if s.rowed { // it sorts them, and their order is that of rows
			return NewAddrSet(slices.Clone(s.addrs))
		}
		return NewAddrSet(s.addrs)
	case Port:
		return NewIntSet(s.ints)
	case Domain:
		if s.names == nil {
			s.names = &NameSet{}
		}
		return &Set{Names: s.names}
	}
	return NewStringSet(s.strs)
}

// ParseInts reads "80" or "8000-8010".
func ParseInts(s string) (IntRange, bool) {
	a, b, isRange := strings.Cut(s, "-")
	lo, err := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	if err != nil {
		return IntRange{}, false
	}
	hi := lo
	if isRange {
		if hi, err = strconv.ParseInt(strings.TrimSpace(b), 10, 64); err != nil || hi < lo {
			return IntRange{}, false
		}
	}
	return IntRange{lo, hi}, true
}

// ParseAddrs reads an address, a network in CIDR notation, or a range first-last. Bits of a
// network behind its prefix are ignored.
func ParseAddrs(s string) (AddrRange, error) {
	if r, ok := parseIPv4(s); ok {
		return r, nil
	}
	if strings.IndexByte(s, '/') >= 0 {
		if p, err := netip.ParsePrefix(s); err == nil {
			n := p.Bits()
			if p.Addr().Is4() {
				n += 96
			}
			return network(packet.AddrFromNetip(p.Addr()), n), nil
		}
	} else if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		x := packet.AddrFromNetip(a)
		return AddrRange{x, x}, nil
	} else if lo, hi, ok := strings.Cut(s, "-"); ok {
		a, errA := netip.ParseAddr(strings.TrimSpace(lo))
		b, errB := netip.ParseAddr(strings.TrimSpace(hi))
		if errA == nil && errB == nil && a.Zone() == "" && b.Zone() == "" && a.Is4() == b.Is4() {
			r := AddrRange{packet.AddrFromNetip(a), packet.AddrFromNetip(b)}
			if r.Hi.Less(r.Lo) {
				return AddrRange{}, fmt.Errorf("the range %q ends before it begins", s)
			}
			return r, nil
		}
	}
	return AddrRange{}, fmt.Errorf("%q is not an address: write one as \"10.0.0.1\", a network as \"10.0.0.0/8\", or a range as \"10.0.0.1-10.0.0.9\"", s)
}

// network is the range of a prefix of n bits of 128.
func network(a packet.Addr, n int) AddrRange {
	var hi, lo uint64 // of the mask
	if n >= 64 {
		hi = ^uint64(0)
		lo = ^uint64(0) << (128 - n)
		if n == 64 {
			lo = 0
		}
	} else if n > 0 {
		hi = ^uint64(0) << (64 - n)
	}
	first := packet.Addr{Hi: a.Hi & hi, Lo: a.Lo & lo}
	return AddrRange{first, packet.Addr{Hi: first.Hi | ^hi, Lo: first.Lo | ^lo}}
}

// parseIPv4 is the quick way for "a.b.c.d" and "a.b.c.d/n", which long lists are made of.
func parseIPv4(s string) (AddrRange, bool) {
	var v uint32
	i := 0
	for part := range 4 {
		n, digits := uint32(0), 0
		for ; i < len(s) && s[i]-'0' <= 9; i++ {
			n = n*10 + uint32(s[i]-'0')
			digits++
		}
		if digits == 0 || digits > 3 || n > 255 || digits > 1 && s[i-digits] == '0' {
			return AddrRange{}, false
		}
		v = v<<8 | n
		if part < 3 {
			if i >= len(s) || s[i] != '.' {
				return AddrRange{}, false
			}
			i++
		}
	}
	size := 32
	if i < len(s) {
		if s[i] != '/' || len(s)-i < 2 || len(s)-i > 3 || s[i+1] == '0' && len(s)-i > 2 {
			return AddrRange{}, false
		}
		size = 0
		for _, d := range []byte(s[i+1:]) {
			if d-'0' > 9 {
				return AddrRange{}, false
			}
			size = size*10 + int(d-'0')
		}
		if size > 32 {
			return AddrRange{}, false
		}
	}
	host := uint32(uint64(1)<<(32-size) - 1)
	const mapped = 0xffff_0000_0000
	return AddrRange{packet.Addr{Lo: mapped | uint64(v&^host)}, packet.Addr{Lo: mapped | uint64(v|host)}}, true
}

// readLines adds the entries of a list file: one a line, blank lines and comments left out. They begin with #, and with ; too
// where no entry can have one.
func (s *Entries) readLines(name string, data []byte) hcl.Diagnostics {
	lines := bytes.Count(data, []byte{'\n'}) + 1
	switch s.typ {
	case IP:
		s.addrs = slices.Grow(s.addrs, lines)
	case String:
		s.strs = slices.Grow(s.strs, lines)
	case Domain:
		if s.names == nil {
			s.names = &NameSet{}
			s.names.reserve(lines, len(data))
		}
	}
	var diags hcl.Diagnostics
	bad, offset, lineNo := 0, 0, 0
	for offset < len(data) {
		line := data[offset:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		start := offset
		offset += len(line) + 1
		lineNo++
		if s.typ != String {
			if i := bytes.IndexAny(line, "#;"); i >= 0 {
				line = line[:i]
			}
		} else if i := bytes.IndexByte(line, '#'); i == 0 || i > 0 && (line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
		}
		if lineNo == 1 {
			bom := len(line) - len(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
			line, start = line[bom:], start+bom
		}
		entry := bytes.TrimSpace(line)
		if len(entry) == 0 {
			continue
		}
		err := s.Add(unsafe.String(&entry[0], len(entry)))
		if err == nil {
			continue
		}
		if bad++; bad > maxListErrors {
			continue
		}
		indent := bytes.Index(line, entry)
		lineStart := hcl.Pos{Line: lineNo, Column: 1, Byte: start}
		at := diag.Positions(data, lineStart, []int{start + indent, start + indent + len(entry)})
		diags = append(diags, diag.New(diag.BadListEntry, hcl.Range{Filename: name, Start: at[0], End: at[1]}, "%s.", diag.Capital(err.Error())))
	}
	if bad > maxListErrors {
		last := hcl.Pos{Line: lineNo, Column: 1, Byte: len(data)}
		diags = append(diags, diag.New(diag.BadListEntry, hcl.Range{Filename: name, Start: last, End: last}, "%d more entries of this file are wrong.", bad-maxListErrors))
	}
	return diags
}

// Size returns the number of addresses in the range, or the greatest uint64 where there are more.
func (r AddrRange) Size() uint64 {
	lo, borrow := bits.Sub64(r.Hi.Lo, r.Lo.Lo, 0)
	if hi, _ := bits.Sub64(r.Hi.Hi, r.Lo.Hi, borrow); hi != 0 || lo == ^uint64(0) {
		return ^uint64(0)
	}
	return lo + 1
}
