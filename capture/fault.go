package capture

import "strconv"

// A Fault says where and how a capture file is broken. All packets before it have been delivered.
type Fault struct {
	File     string // as the file was named to Open or NewReader
	Offset   int64  // where the broken header, record or block begins, in bytes
	Inflated bool   // Offset counts bytes of what the gzip file holds, not of the gzip file
	Reason   string // what is wrong, and what helps where anything does
	Err      error  // the error of the operating system or of gzip, or nil
}

// Error gives file, byte and reason in one line.
func (f *Fault) Error() string {
	s := f.File + ": byte " + strconv.FormatInt(f.Offset, 10)
	if f.Inflated {
		s += " of the uncompressed data"
	}
	return s + ": " + f.Reason
}

// Unwrap returns Err.
func (f *Fault) Unwrap() error { return f.Err }
