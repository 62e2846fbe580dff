// Package lists has what the operator in looks into: sets of addresses, numbers, words and domain names, and the named lists of rule
// files with the columns of their entries, which it reads from files of lines and of CSV.
package lists

import (
	"encoding/hex"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
)

// Type is the type of a list's entries.
type Type uint8

// The types of lists.
const (
	IP Type = iota
	Port
	String
	Domain
)

// types are the words of the language.
var types = []string{"ip", "port", "string", "domain"}

// Types returns the types in the language's words, each at the place of its number. The caller must not change it.
func Types() []string { return types }

// String returns the word of the language.
func (t Type) String() string { return types[t] }

// A List is a named set of addresses, ports, strings or domain names, with columns where it knows more of its entries.
type List struct {
	Name, Description string
	Type              Type
	Set               *Set
	Len               int // entries as written
	// For is how long an entry of a list that rules fill lasts after it was written last, and Max how many there are at
	// most; 0 for other lists. Such a list has no Set.
	For     time.Duration
	Max     int
	Files   []string  // the files of the user that it was read from, or that its copies will be
	Feeds   []*Feed   // where it is fetched from
	Columns []*Column // in the order of the file; nil for a list without data
	Header  []string  // the names of the columns with that of the entry before them; nil for a list without data
	Used    bool
	Shipped bool
	Range   hcl.Range

	rows   *rows
	digest []byte // of the files
}

// Tracked reports whether rules fill the list.
func (l *List) Tracked() bool { return l.For > 0 }

// Holds says what a list that rules fill holds, and whether that is so of values of a kind.
func (l *List) Holds(k packet.Kind) (what string, fits bool) {
	switch l.Type {
	case IP:
		return "addresses", k == packet.KindIP
	case Port:
		return "ports", k == packet.KindInt
	case Domain:
		return "domain names", k.IsText()
	}
	return "strings", k.IsText() || k == packet.KindMAC
}

// Digest identifies the contents of the list's files.
func (l *List) Digest() string { return hex.EncodeToString(l.digest) }

// ColumnNames returns the names of the columns without that of the entry.
func (l *List) ColumnNames() []string {
	out := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		out[i] = c.Name
	}
	return out
}

// A Feed is where entries of a list are fetched from. Loading fetches nothing: it reads the copy that was fetched last.
type Feed struct {
	URL     string        // https, http or file
	Refresh time.Duration // between two looks
	MaxAge  time.Duration // of the copy, that is still good; 0 for any
	MaxSize int64         // of the file, bytes, unpacked
	Copy    string        // path of the copy; "" where there is no directory for copies
	Fetched bool          // there is a copy, and the list has its entries
	Range   hcl.Range     // of the URL
}
