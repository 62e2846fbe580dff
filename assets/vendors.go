package assets

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/packet"
)

// Vendors knows who has the prefixes of hardware addresses. It does not change. A nil one knows none.
type Vendors struct{ of [3]map[uint64]string } // by prefixes of 24, 28 and 36 bits

// prefixBits are the lengths of the prefixes that the IEEE assigns: MA-L, MA-M and MA-S.
var prefixBits = [3]int{24, 28, 36}

// VendorPaths are where Debian's packages ieee-data and nmap-common keep tables.
var VendorPaths = []string{"/usr/share/ieee-data", "/usr/share/nmap/nmap-mac-prefixes"}

// tables are the files of a directory as that of ieee-data.
var tables = []string{"oui.csv", "mam.csv", "oui36.csv"}

// ReadVendors reads a table: one of the IEEE as CSV or as text, or lines of a prefix and a name as nmap and Wireshark have. Of
// a directory it reads oui.csv, mam.csv and oui36.csv.
func ReadVendors(path string) (*Vendors, error) {
	v := &Vendors{}
	for i := range v.of {
		v.of[i] = map[uint64]string{}
	}
	f, err := files.Open(path)
	if err == nil {
		defer f.Close()
		return v, v.read(f, path)
	}
	found := false
	for _, name := range tables {
		part, perr := files.Open(filepath.Join(path, name))
		if errors.Is(perr, fs.ErrNotExist) || perr != nil && !found && name == tables[0] {
			continue
		}
		if perr != nil {
			return nil, perr
		}
		perr = v.read(part, part.Name())
		part.Close()
		if perr != nil {
			return nil, perr
		}
		found = true
	}
	if !found {
		return nil, err
	}
	return v, nil
}

// FindVendors reads the first table of VendorPaths that is there; nil where none is.
func FindVendors() *Vendors {
	for _, path := range VendorPaths {
		if v, err := ReadVendors(path); err == nil {
			return v
		}
	}
	return nil
}

func (v *Vendors) read(r io.Reader, path string) error {
	lines := bufio.NewReader(r)
	head, _ := lines.Peek(len("Registry,"))
	before := v.size()
	if string(head) == "Registry," {
		c := csv.NewReader(lines)
		c.FieldsPerRecord, c.LazyQuotes = -1, true
		for {
			row, err := c.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if len(row) >= 3 {
				v.add(row[1], row[2])
			}
		}
	} else {
		s := bufio.NewScanner(lines)
		for s.Scan() {
			line := s.Text()
			if prefix, rest, ok := strings.Cut(line, "(hex)"); ok {
				v.add(strings.TrimSpace(prefix), rest)
			} else if f := strings.Fields(line); len(f) >= 2 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") && f[1] != "(base" {
				name := line[len(f[0]):]
				if cells := strings.Split(name, "\t"); len(cells) > 2 { // Wireshark's has a short name before the whole one
					name = cells[2]
				}
				v.add(f[0], name)
			}
		}
		if err := s.Err(); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if v.size() == before {
		return fmt.Errorf("%s: it has no prefixes of hardware addresses; it should be as oui.csv or oui.txt of the IEEE, or as nmap-mac-prefixes", path)
	}
	return nil
}

func (v *Vendors) size() int { return len(v.of[0]) + len(v.of[1]) + len(v.of[2]) }

// add takes a prefix in hexadecimal digits, with or without separators, and a name.
func (v *Vendors) add(prefix, name string) {
	prefix, length, _ := strings.Cut(prefix, "/")
	digits := strings.NewReplacer("-", "", ":", "", ".", "").Replace(prefix)
	if n, err := strconv.Atoi(length); err == nil && n%4 == 0 && n/4 <= len(digits) {
		digits = digits[:n/4]
	}
	value, err := strconv.ParseUint(digits, 16, 48)
	name = clean([]byte(strings.TrimSpace(name)))
	if err != nil || name == "" {
		return
	}
	for i, bits := range prefixBits {
		if len(digits)*4 == bits {
			v.of[i][value] = name
		}
	}
}

// Of returns who has the prefix of a hardware address, the longest that is known; "" where that is not known. An address that
// its user chose has none (IEEE 802c: the second bit of its first octet).
func (v *Vendors) Of(mac packet.MAC) string {
	if mac>>41&1 != 0 {
		return "locally administered"
	}
	if v == nil {
		return ""
	}
	for i := len(prefixBits) - 1; i >= 0; i-- {
		if name, ok := v.of[i][uint64(mac)>>(48-prefixBits[i])]; ok {
			return name
		}
	}
	return ""
}
