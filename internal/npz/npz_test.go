package npz

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// array is the bytes of an .npy file of version 1.
func array(header, data string) string {
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + data
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  []float64
		err   string
	}{
		"int16":           {array("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n", "\x01\x00\xfe\xff\x03\x00\x04\x00"), []float64{1, -2, 3, 4}, ""},
		"fortran":         {array("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", "\x01\x04\x02\x05\x03\x06"), []float64{1, 2, 3, 4, 5, 6}, ""},
		"one dimension":   {array("{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }\n", "\x00\x00\x00\x01\x00\x00\x01\x00"), []float64{1, 256}, ""},
		"float64":         {array("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n", "\x00\x00\x00\x00\x00\x00\xf0\x3f"), []float64{1}, ""},
		"cut short":       {array("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n", "\x00\x00\x00\x00\x00\x00\xf0\x3f"), nil, "8 bytes of numbers instead of 16"},
		"text":            {array("{'descr': '<U8', 'fortran_order': False, 'shape': (2, 1), }\n", ""), nil, "not read"},
		"three":           {array("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1, 4), }\n", ""), nil, "one or two dimensions"},
		"too many":        {array("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 9999), }\n", ""), nil, "at most"},
		"no array":        {"PK", nil, "not an array"},
		"header cut":      {"\x93NUMPY\x01\x00\xff\x00{", nil, "cut short"},
		"header too long": {"\x93NUMPY\x02\x00\xff\xff\xff\xff{", nil, "bytes"},
	} {
		a, err := parse(strings.NewReader(c.bytes))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", name, err, c.err)
			}
			continue
		}
		if err != nil || !slices.Equal(a.data, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, a, err, c.want)
		}
	}
}

func TestRead(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("X.npy")
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(array("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }\n", "\x07\x09")))
	z.Close()
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Read(path, "X")
	if err != nil || a["X"].Rows != 2 || a["X"].Row(1)[0] != 9 {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := Read(path, "X", "y"); err == nil || !strings.Contains(err.Error(), `no array "y"`) {
		t.Errorf("an array that is not there: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(array("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n", "\x01\x00\xfe\xff\x03\x00\x04\x00")))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parse(bytes.NewReader(data)) })
}
