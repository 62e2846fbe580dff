// Package snapshot keeps what rules remember in a file over a restart: sections of bytes under names, with the version of the
// form and a checksum over all of it. A file is replaced as a whole, and checked as a whole before anything of it is used.
package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// A Section is the state of one thing.
type Section struct {
	Name string // what it is of, as "list/resolved"
	Data []byte
}

// ErrDamaged is what Read returns for a file that is not as Write left it.
var ErrDamaged = errors.New("the file is damaged")

// magic begins every file: what it is, and the version of the form.
const magic = "ruleids snapshot 1\n"

// version is the one in magic.
const version = 1

// MaxSize bounds a file that is read, in bytes: state is bounded, and so is what is kept of it.
const MaxSize = 4 << 30

// Encode returns the bytes of a file with the sections.
func Encode(sections []Section) []byte {
	size := len(magic) + sha256.Size
	for _, s := range sections {
		size += 2*binary.MaxVarintLen64 + len(s.Name) + len(s.Data)
	}
	out := append(make([]byte, 0, size), magic...)
	for _, s := range sections {
		out = binary.AppendUvarint(out, uint64(len(s.Name)))
		out = append(out, s.Name...)
		out = binary.AppendUvarint(out, uint64(len(s.Data)))
		out = append(out, s.Data...)
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

// Decode returns the sections that Encode was given. Their data is part of file. An error wraps ErrDamaged, or stateversion.ErrLater.
func Decode(file []byte) ([]Section, error) {
	var has int
	if n, err := fmt.Sscanf(string(file[:min(len(file), 40)]), "ruleids snapshot %d\n", &has); n != 1 || err != nil {
		return nil, fmt.Errorf("%w: it does not begin as one", ErrDamaged)
	}
	end := len(file) - sha256.Size
	if end < len(magic) {
		return nil, fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	// The checksum is the end of every version, so that what is damaged is not taken for one.
	if sum := sha256.Sum256(file[:end]); !bytes.Equal(sum[:], file[end:]) {
		return nil, fmt.Errorf("%w: its checksum is another", ErrDamaged)
	}
	if err := stateversion.Check("the snapshot", has, version); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(file, []byte(magic)) {
		return nil, fmt.Errorf("%w: it has version %d", ErrDamaged, has)
	}
	var out []Section
	for rest := file[len(magic):end]; len(rest) > 0; {
		var parts [2][]byte
		for i := range parts {
			n, used := binary.Uvarint(rest)
			if used <= 0 || n > uint64(len(rest)-used) {
				return nil, fmt.Errorf("%w: a section is longer than it", ErrDamaged)
			}
			parts[i], rest = rest[used:used+int(n)], rest[used+int(n):]
		}
		out = append(out, Section{string(parts[0]), parts[1]})
	}
	return out, nil
}

// Find returns the data of the section that keeps something whose form may change. The name of such a section ends in the version
// of the form, as in "assets 1"; one without is version 1. An error wraps ErrDamaged where there is none, and
// stateversion.ErrLater where a later version of the program has written it.
func Find(sections []Section, what string, reads int) (data []byte, err error) {
	for _, s := range sections {
		name, number, numbered := strings.Cut(s.Name, " ")
		if name != what {
			continue
		}
		has := 1
		if numbered {
			if has, err = strconv.Atoi(number); err != nil {
				return nil, fmt.Errorf("%w: it has a section %q", ErrDamaged, s.Name)
			}
		}
		return s.Data, stateversion.Check("the file of "+what, has, reads)
	}
	return nil, fmt.Errorf("%w: it has nothing of %s", ErrDamaged, what)
}

// Write replaces a file, or makes it: whoever reads it meanwhile, and whoever comes after a crash, finds what was there or
// what is new. Nobody else may read it, since it holds what keeps others from choosing values that collide.
func Write(path string, sections []Section) error {
	return files.Write(path, Encode(sections), 0o600)
}

// Read returns the sections of a file. An error is that of opening it, fs.ErrNotExist where there is none, or one of Decode.
func Read(path string) ([]Section, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
	}
	if st.Size() > MaxSize {
		return nil, fmt.Errorf("%s: %w: it has %d bytes", path, ErrDamaged, st.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sections, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sections, nil
}
