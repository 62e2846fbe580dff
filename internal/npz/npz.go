// Package npz reads what NumPy's savez writes: a zip file of .npy files, as in
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, of versions 1 to 3, with numbers of any size, in C
// or Fortran order.
package npz

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// An Array has one or two dimensions; of one, Columns is 1.
type Array struct {
	Rows, Columns int
	data          []float64 // row by row
}

// Row returns a row, which is part of the array.
func (a *Array) Row(i int) []float64 {
	return a.data[i*a.Columns : (i+1)*a.Columns : (i+1)*a.Columns]
}

// maxNumbers bounds an array: 1 GiB of numbers.
const maxNumbers = 1 << 27

// Read reads the arrays of a file by their names, without .npy. Names that it lacks are errors.
func Read(path string, names ...string) (map[string]*Array, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s is no .npz file: %w", path, err)
	}
	defer z.Close()
	out := map[string]*Array{}
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		for _, n := range names {
			if n != name {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			a, err := parse(r)
			r.Close()
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", path, f.Name, err)
			}
			out[name] = a
		}
	}
	for _, n := range names {
		if out[n] == nil {
			return nil, fmt.Errorf("%s has no array %q", path, n)
		}
	}
	return out, nil
}

var header = regexp.MustCompile(`'descr'\s*:\s*'([<>|=]?)([a-z])(\d+)'|'fortran_order'\s*:\s*(True|False)|'shape'\s*:\s*\(\s*(\d+)\s*,?\s*(\d*)\s*,?\s*\)`)

// parse reads one array.
func parse(r io.Reader) (*Array, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("not an array of NumPy")
	}
	length := make([]byte, 2)
	if head[6] > 1 {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return nil, fmt.Errorf("the header is cut short")
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > 1<<16 {
		return nil, fmt.Errorf("the header has %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("the header is cut short")
	}
	var kind string
	size, rows, columns := 0, 0, 1
	order, fortran, shaped := binary.ByteOrder(binary.LittleEndian), false, false
	for _, m := range header.FindAllStringSubmatch(string(text), -1) {
		switch {
		case m[2] != "":
			kind = m[2]
			size, _ = strconv.Atoi(m[3])
			if m[1] == ">" {
				order = binary.BigEndian
			}
		case m[4] != "":
			fortran = m[4] == "True"
		default:
			shaped = true
			rows, _ = strconv.Atoi(m[5])
			if m[6] != "" {
				columns, _ = strconv.Atoi(m[6])
			}
		}
	}
	number, err := numberOf(kind, size, order)
	if err != nil {
		return nil, err
	}
	if !shaped || rows < 0 || columns < 1 || rows > maxNumbers/columns {
		return nil, fmt.Errorf("an array of one or two dimensions and at most %d numbers is needed, not %s", maxNumbers, strings.TrimSpace(string(text)))
	}
	bytes := int64(rows) * int64(columns) * int64(size)
	raw, err := io.ReadAll(io.LimitReader(r, bytes))
	if err != nil || int64(len(raw)) != bytes {
		return nil, fmt.Errorf("%d bytes of numbers instead of %d", len(raw), bytes)
	}
	a := &Array{Rows: rows, Columns: columns, data: make([]float64, rows*columns)}
	for i := range a.data {
		to := i
		if fortran {
			to = i%rows*columns + i/rows
		}
		a.data[to] = number(raw[i*size:])
	}
	return a, nil
}

// numberOf returns how numbers of a kind and a size in bytes are read.
func numberOf(kind string, size int, order binary.ByteOrder) (func([]byte) float64, error) {
	switch fmt.Sprint(kind, size) {
	case "b1", "u1":
		return func(b []byte) float64 { return float64(b[0]) }, nil
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }, nil
	case "u2":
		return func(b []byte) float64 { return float64(order.Uint16(b)) }, nil
	case "i2":
		return func(b []byte) float64 { return float64(int16(order.Uint16(b))) }, nil
	case "u4":
		return func(b []byte) float64 { return float64(order.Uint32(b)) }, nil
	case "i4":
		return func(b []byte) float64 { return float64(int32(order.Uint32(b))) }, nil
	case "u8":
		return func(b []byte) float64 { return float64(order.Uint64(b)) }, nil
	case "i8":
		return func(b []byte) float64 { return float64(int64(order.Uint64(b))) }, nil
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }, nil
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }, nil
	}
	return nil, fmt.Errorf("numbers of the type %s%d are not read", kind, size)
}
