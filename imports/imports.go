// Package imports turns rules of other programs into rule files: of Suricata, Sigma and CrowdSec.
//
// A reader of each format makes translations: conditions in the rule language with what is lost by them, or the reason
// why there is none. A Set gathers them, folds those that differ in one constant into one rule and one list with data,
// and writes files. Nothing here reads or writes the disk, asks the network or loads rules; what it is given may hold
// anything, and is refused rule by rule.
package imports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A File is a file by its name, with slashes.
type File struct {
	Name string
	Data []byte
}

// A Source is the place of a rule of another program.
type Source struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	ID    string `json:"id"`    // in the words of its program: a sid, a UUID, a name
	Title string `json:"title"` // what it says of itself, in a line
}

// A Set is what becomes of the rules of the files that were read. Its zero value is empty.
type Set struct {
	// Format is the name of what was read, and begins the names of lists and of rules that stand for many.
	Format string
	// Exact leaves out each rule of which something is lost.
	Exact bool
	// Off counts rules that are switched off in what was read; they are not looked at.
	Off int

	rules []*translation
	names map[string]int
}

// A translation is what becomes of one rule.
type translation struct {
	Source
	name       string
	severity   string
	category   string
	attack     []string
	references []string
	on         string   // what it looks at; "" for packets
	conds      []string // all of these hold
	fold       *constant
	by         []string
	span       string // of its window; "" for none
	aggregates []pair
	threshold  int
	when       string
	cooldown   string
	lost       []string
	reason     string // why there is no rule; "" where there is one
	written    string // the rule that says it
	list       string // the list that says it, where it was folded
}

// A pair is a name and an expression.
type pair struct{ name, text string }

// A constant is a condition that a value is one of some entries. Of rules that differ in nothing but their entries a list is made.
type constant struct {
	kind    string // type of the list
	value   string // expression of the value
	noun    string // what the entries are, as part of a name: "dns_names"
	entries []string
	negated bool
	text    string // the condition without a list
}

// reject says why there is no rule. The first reason counts.
func (t *translation) reject(format string, args ...any) {
	if t.reason == "" {
		t.reason = fmt.Sprintf(format, args...)
	}
}

// lose notes what the rule does not say as the original does.
func (t *translation) lose(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(t.lost, s) {
		t.lost = append(t.lost, s)
	}
}

// and adds a condition; the same one counts once.
func (t *translation) and(format string, args ...any) {
	s := format
	if len(args) > 0 {
		s = fmt.Sprintf(format, args...)
	}
	if s != "" && !slices.Contains(t.conds, s) {
		t.conds = append(t.conds, s)
	}
}

// cite takes in what a rule refers to: pages, and techniques of MITRE ATT&CK among tags.
func (t *translation) cite(references, tags []string) {
	for _, ref := range references {
		t.references = append(t.references, oneLine(ref, 300))
	}
	for _, tag := range tags {
		if id := strings.TrimPrefix(tag, "attack."); technique.MatchString(id) && !slices.Contains(t.attack, id) {
			t.attack = append(t.attack, id)
		}
	}
}

// documents reads the YAML documents of a file of a format, and adds those to the set that translate says are any: a noun
// of the format each.
func documents[T any](s *Set, f File, format, noun string, translate func(*T, *translation) bool) {
	s.Format = format
	for dec := yaml.NewDecoder(bytes.NewReader(f.Data)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		t := &translation{Source: Source{File: f.Name, Line: max(doc.Line, 1)}, severity: "medium", name: format + "_" + identifier(strings.TrimSuffix(fileName(f.Name), ".hcl"))}
		var from T
		if err == nil {
			err = doc.Decode(&from)
		}
		if err != nil {
			t.reject("not a %s: YAML that cannot be read", noun)
			s.add(t)
			return // the reader does not find the next document
		}
		if translate(&from, t) {
			s.add(t)
		}
	}
}

// add takes a translation in, and gives it a name that no other has.
func (s *Set) add(t *translation) {
	if s.names == nil {
		s.names = map[string]int{}
	}
	if t.reason == "" && len(t.conds) == 0 && t.fold == nil {
		t.reject("no condition")
	}
	if t.reason == "" && s.Exact && len(t.lost) > 0 {
		t.reject("loose: %s", t.lost[0])
	}
	s.names[t.name]++
	if n := s.names[t.name]; n > 1 {
		t.name = fmt.Sprintf("%s_%d", t.name, n)
		s.names[t.name]++
	}
	t.Title = cmp.Or(oneLine(t.Title, 300), t.name)
	s.rules = append(s.rules, t)
}

// Drop leaves out what was written as a rule of this name, for a reason, and says whether there was one.
func (s *Set) Drop(rule, reason string) bool {
	found := false
	for _, t := range s.rules {
		if t.reason == "" && t.written == rule {
			t.reject("%s", reason)
			found = true
		}
	}
	return found
}

// oneLine makes a text one line of at most n bytes, without characters that a terminal might obey.
func oneLine(text string, n int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return text
}

// identifier makes a name in the rule language of any text: lower case letters, digits and _, a letter first.
func identifier(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimRight(b.String(), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "rule_" + name
	}
	if len(name) > 80 {
		name = strings.TrimRight(name[:80], "_")
	}
	return name
}

// A Count is how many rules have something in common.
type Count struct {
	Text  string `json:"text"`
	Rules int    `json:"rules"`
}

// An Entry is what became of one rule.
type Entry struct {
	Source
	Result string   `json:"result"` // "exact", "loose" or "left out"
	Rule   string   `json:"rule,omitempty"`
	List   string   `json:"list,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// A Report says what became of each rule. It is made after Files, which folds.
type Report struct {
	Format  string  `json:"format"`
	Read    int     `json:"read"`
	Off     int     `json:"off"`
	Exact   int     `json:"exact"`
	Loose   int     `json:"loose"`
	LeftOut int     `json:"left_out"`
	Folded  int     `json:"folded"`  // of those that were translated, how many are entries of lists
	Rules   int     `json:"rules"`   // written
	Lists   int     `json:"lists"`   // written
	Losses  []Count `json:"losses"`  // by what is lost, most frequent first; a rule may lose several things
	Reasons []Count `json:"reasons"` // by why rules are left out, most frequent first
	Entries []Entry `json:"entries"`
}

// Report returns what became of each rule, in the order in which they were read.
func (s *Set) Report() Report {
	r := Report{Format: s.Format, Read: len(s.rules), Off: s.Off, Losses: []Count{}, Reasons: []Count{}, Entries: []Entry{}}
	losses, reasons, written, lists := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, t := range s.rules {
		e := Entry{Source: t.Source, Rule: t.written, List: t.list, Lost: t.lost, Reason: t.reason}
		switch {
		case t.reason != "":
			e = Entry{Source: t.Source, Result: "left out", Reason: t.reason}
			r.LeftOut++
			reasons[t.reason]++
		case len(t.lost) > 0:
			e.Result = "loose"
			r.Loose++
		default:
			e.Result = "exact"
			r.Exact++
		}
		if t.reason == "" {
			for _, l := range t.lost {
				losses[l]++
			}
			written[t.written] = true
			if t.list != "" {
				lists[t.list] = true
				r.Folded++
			}
		}
		r.Entries = append(r.Entries, e)
	}
	r.Rules, r.Lists = len(written), len(lists)
	r.Losses, r.Reasons = counts(losses), counts(reasons)
	return r
}

func counts(m map[string]int) []Count {
	out := []Count{}
	for _, text := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Count{text, m[text]})
	}
	slices.SortStableFunc(out, func(a, b Count) int { return cmp.Compare(b.Rules, a.Rules) })
	return out
}
