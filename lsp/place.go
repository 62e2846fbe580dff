package lsp

import (
	"iter"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// A place is what stands around a byte of a rule or test file, as far as it can be told of a file that is half written: it is found
// line by line, not by parsing.
type place struct {
	blocks []string // the kinds of the blocks around it, the outermost first
	labels []string // the first labels of these blocks, "" for none
	// attribute is what the line, or the heredoc, gives a value to; "" where it gives none yet.
	attribute string
	condition bool   // it is within the string of a condition
	word      string // the characters of a name before it
	from      int    // where word begins
	message   bool   // it is within ${…} of a message
}

// conditions are the attributes whose strings are conditions or values of the language, by the block that has them; a window's are all
// of its own.
var conditions = map[string][]string{
	"rule":       {"where", "when", "by"},
	"macro":      {"expr"},
	"except":     {"where"},
	"escalate":   {"indicator"},
	"block":      {"target"},
	"quarantine": {"target"},
	"track":      {"value"},
	"level":      {"when"},
	"step":       {"where", "by"},
	"unless":     {"where", "by"},
	"absent":     {"where", "by"},
	"model":      {"where", "by"},
}

// isCondition reports whether the strings of an attribute of a block are conditions.
func isCondition(block, attribute string) bool {
	switch block {
	case "window", "memory":
		return attribute != "max_keys" && attribute != "learn" && attribute != ""
	case "features":
		return true
	}
	return slices.Contains(conditions[block], attribute)
}

var (
	blockLine     = lazyregexp.New(`^\s*([a-z_]+)((?:\s+"[^"]*")*)\s*(?:=\s*)?\{`)
	labelText     = lazyregexp.New(`"([^"]*)"`)
	attributeLine = lazyregexp.New(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=`)
	oneLine       = lazyregexp.New(`(?:^|[{,]|\s)\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*[^=]`)
	heredocStart  = lazyregexp.New(`=\s*<<-?([A-Za-z_]+)\s*$`)
	wordBefore    = lazyregexp.New(`[A-Za-z_][A-Za-z0-9_.]*$`)
	wordAfter     = lazyregexp.New(`^[A-Za-z0-9_.]*`)
)

// A line is a line of a text.
type line struct {
	from, to int  // its bytes
	heredoc  bool // it is within a heredoc
	mark     bool // it ends one
}

// lines walks the lines of a text, each with the place before it; in a heredoc that has the attribute whose value it is.
func lines(text string) iter.Seq2[line, *place] {
	return func(yield func(line, *place) bool) {
		var p place
		mark, attribute := "", ""
		for from := 0; from <= len(text); {
			to := len(text)
			if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
				to = from + i
			}
			code := text[from:to]
			l := line{from: from, to: to}
			if mark != "" {
				l.mark = strings.TrimSpace(code) == mark
				l.heredoc = !l.mark
			}
			if l.mark {
				mark, p.attribute = "", ""
			}
			if !yield(l, &p) {
				return
			}
			switch m := heredocStart.FindStringSubmatch(code); {
			case l.heredoc || l.mark:
			case m != nil:
				if a := attributeLine.FindStringSubmatch(code); a != nil {
					attribute = a[1]
				}
				mark, p.attribute = m[1], attribute
			default:
				p.nest(code)
			}
			from = to + 1
		}
	}
}

// placeAt looks at what is around a byte.
func placeAt(text string, at int) place {
	for l, p := range lines(text) {
		if at > l.to {
			continue
		}
		switch {
		case l.heredoc:
			p.condition = p.inCondition(p.attribute)
		case !l.mark:
			p.inLine(text[l.from:at])
		}
		p.finish(text, at)
		return *p
	}
	return place{} // there is no such byte
}

// inCondition reports whether an attribute of the innermost block holds conditions.
func (p *place) inCondition(attribute string) bool {
	return len(p.blocks) > 0 && isCondition(p.blocks[len(p.blocks)-1], attribute)
}

// nest follows the braces of a line, or of its beginning, outside of strings and comments.
func (p *place) nest(line string) (inString bool, stringFrom int) {
	code := 0 // where the code behind the last brace begins
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case inString:
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			}
		case c == '"':
			inString, stringFrom = true, i+1
		case c == '#' || c == '/' && strings.HasPrefix(line[i:], "//"):
			return false, 0
		case c == '{':
			kind, label := "", ""
			if m := blockLine.FindStringSubmatch(line[code : i+1]); m != nil {
				kind = m[1]
				if l := labelText.FindStringSubmatch(m[2]); l != nil {
					label = l[1]
				}
			}
			p.blocks, p.labels = append(p.blocks, kind), append(p.labels, label)
			code = i + 1
		case c == '}' && len(p.blocks) > 0:
			p.blocks, p.labels = p.blocks[:len(p.blocks)-1], p.labels[:len(p.labels)-1]
			code = i + 1
		}
	}
	return inString, stringFrom
}

// inLine looks at the line that the place is in, up to it.
func (p *place) inLine(line string) {
	inString, from := p.nest(line)
	before := line
	if inString {
		before = line[:from-1] + " " // for oneLine, which wants something behind the sign
	}
	if m := oneLine.FindAllStringSubmatch(before+" ", -1); m != nil {
		p.attribute = m[len(m)-1][1]
	}
	if !inString {
		return
	}
	p.condition = p.inCondition(p.attribute)
	if i := strings.LastIndex(line[from:], "${"); !p.condition && i >= 0 && !strings.Contains(line[from+i:], "}") {
		p.message, p.condition = true, true
	}
}

// along returns the place at the end of the beginning of a line, p being that before the line.
func (p *place) along(line string) place {
	here := place{blocks: slices.Clone(p.blocks), labels: slices.Clone(p.labels)}
	here.inLine(line)
	return here
}

// finish finds the word at the place.
func (p *place) finish(text string, at int) {
	p.word = wordBefore.FindString(text[max(0, at-200):at])
	p.from = at - len(p.word)
}

// wordAt returns the whole name around a byte.
func wordAt(text string, at int) (word string, from, to int) {
	before := wordBefore.FindString(text[max(0, at-200):at])
	after := wordAfter.FindString(text[at:min(len(text), at+200)])
	word = before + after
	from = at - len(before)
	trimmed := strings.TrimRight(word, ".")
	return trimmed, from, from + len(trimmed)
}
