package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// bodies are the attributes and blocks that blocks of rule files may have, with what to insert.
var bodies = map[string][]completionItem{
	"": {
		block("rule", "rule \"${1:name}\" {\n  description = \"$2\"\n  severity    = \"${3|low,medium,high,critical|}\"\n\n  where = \"$4\"\n  by    = [\"${5:ip.src}\"]$0\n}"),
		block("override", "override \"${1:rule}\" {\n  $0\n}"),
		block("variable", "variable \"${1:name}\" {\n  description = \"$2\"\n  default     = $0\n}"),
		block("list", "list \"${1:name}\" {\n  description = \"$2\"\n  type        = \"${3|ip,port,string|}\"\n  values      = [$0]\n}"),
		block("macro", "macro \"${1:name}\" {\n  description = \"$2\"\n  expr        = \"$0\"\n}"),
		block("model", "model \"${1:name}\" {\n  description = \"$2\"\n  where       = \"$3\"\n  by          = [\"${4:ip.src}\"]\n  every       = \"${5:60s}\"\n  features = {\n    ${6:bytes} = \"${7:log2(sum(ip.len))}\"$0\n  }\n  learn = \"24h\"\n}"),
	},
	"rule": attributes("description", "severity", "category", "attack", "references", "enabled", "mode", "on", "silent", "where", "by", "threshold", "when", "cooldown").and(
		block("window", "window \"${1:10s}\" {\n  ${2:n} = \"${3:count()}\"\n}"),
		block("memory", "memory \"${1:5d}\" {\n  ${2:fresh} = \"first([${3:ip.src}])\"\n  learn = \"${4:24h}\"\n}"),
		block("sequence", "sequence \"${1:10m}\" {\n  step \"${2:first}\" {\n    where = \"$3\"\n    by    = [\"${4:ip.src}\"]\n  }\n  step \"${5:second}\" {\n    where = \"$6\"\n    by    = [\"${7:ip.src}\"]\n  }\n}"),
		block("except", "except \"${1:name}\" { where = \"$0\" }"),
		block("level", "level \"${1|medium,high,critical|}\" { when = \"$0\" }"),
		block("track", "track \"${1:list}\" { value = \"$0\" }"),
		block("escalate", "escalate \"${1|virustotal,list|}\" { indicator = \"${2:ip.src}\" }"),
		block("evidence", "evidence {\n  before = ${1:64}\n  after  = ${2:64}\n}"),
		block("block", "block {\n  target = \"${1:ip.src}\"\n  for    = \"${2:1h}\"\n}"),
		block("quarantine", "quarantine {\n  target = \"${1:ip.src}\"\n  for    = \"${2:10m}\"\n}"),
		block("notify", "notify {\n  to      = [\"${1:ops}\"]\n  message = \"$0\"\n}")),
	"override": attributes("severity", "enabled", "mode", "threshold", "cooldown", "actions").and(
		block("except", "except \"${1:name}\" { where = \"$0\" }"),
		block("evidence", "evidence { enabled = ${1:false} }")),
	"variable":   attributes("description", "default"),
	"list":       attributes("description", "type", "values", "file", "columns", "append", "for", "max", "url", "refresh", "max_age", "max_size"),
	"macro":      attributes("description", "expr"),
	"model":      attributes("description", "on", "where", "by", "every", "features", "method", "learn", "min_samples", "seed", "max_keys"),
	"memory":     attributes("learn", "max_keys"),
	"except":     attributes("where", "until"),
	"level":      attributes("when"),
	"track":      attributes("value"),
	"escalate":   attributes("indicator"),
	"evidence":   attributes("enabled", "before", "after", "bytes"),
	"block":      attributes("target", "for", "spoofable"),
	"quarantine": attributes("target", "for", "spoofable"),
	"notify":     attributes("to", "message"),
	"sequence": attributes("max_keys").and(
		step("step"), step("unless"), step("absent")),
	"step":   attributes("on", "where", "by"),
	"unless": attributes("on", "where", "by"),
	"absent": attributes("on", "where", "by"),
}

// words are the values of attributes that are one of a few.
var words = map[string][]string{
	"severity": {"low", "medium", "high", "critical"},
	"mode":     {"enforce", "shadow"},
	"method":   {"histogram", "forest"},
	"on":       packet.EventWords(),
	"type":     {"ip", "port", "string", "domain"},
}

type items []completionItem

func (i items) and(more ...completionItem) []completionItem { return append(i, more...) }

func attributes(names ...string) items {
	var out items
	for _, n := range names {
		out = append(out, completionItem{Label: n, Kind: itemProperty, InsertText: n + " = $0", InsertTextFormat: snippet})
	}
	return out
}

// step is a block of a sequence.
func step(name string) completionItem {
	return block(name, name+" \"${1:name}\" {\n  where = \"$2\"\n  by    = [\"${3:ip.src}\"]\n}")
}

func block(name, text string) completionItem {
	return completionItem{Label: name, Kind: itemClass, Detail: "block", InsertText: text, InsertTextFormat: snippet}
}

// complete answers what may stand at a place.
func (s *Server) complete(p positionParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return []completionItem{}, nil
	}
	at := d.offset(p.Position, s.enc)
	here := placeAt(d.text, at)
	innermost := ""
	if n := len(here.blocks); n > 0 {
		innermost = here.blocks[n-1]
	}
	var out []completionItem
	switch {
	case here.condition:
		out = s.conditionItems(&here, d.text, p.Position.Line)
		r := d.rangeOf(here.from, at, s.enc)
		for i := range out {
			out[i].TextEdit = &TextEdit{Range: r, NewText: out[i].Label}
		}
	case here.attribute != "" && words[here.attribute] != nil:
		for _, w := range words[here.attribute] {
			out = append(out, completionItem{Label: w, Kind: itemValue})
		}
	case here.attribute == "" && bodies[innermost] != nil:
		out = bodies[innermost]
	}
	if out == nil {
		out = []completionItem{}
	}
	return out, nil
}

// conditionItems are what a condition may name at a place, of what begins as the word there does.
func (s *Server) conditionItems(here *place, text string, line int) []completionItem {
	w := s.recent()
	var out []completionItem
	add := func(label string, kind int, detail, doc, order string) {
		if strings.HasPrefix(strings.ToLower(label), strings.ToLower(here.word)) {
			i := completionItem{Label: label, Kind: kind, Detail: detail, SortText: order + label}
			if doc != "" {
				i.Documentation = &markup{"markdown", doc}
			}
			out = append(out, i)
		}
	}
	for _, name := range aggregatesAround(text, line) {
		add(name, itemVariable, "aggregate of this rule", "", "0")
	}
	if slices.Contains(here.blocks, "rule") || slices.Contains(here.blocks, "override") {
		add("threshold", itemVariable, "the threshold of this rule", "", "0")
	}
	for _, f := range packet.Fields() {
		add(f.Name, itemField, f.Kind.String(), fieldDoc(&f), "1")
	}
	for _, m := range w.set.Macros {
		add(m.Name, itemConstant, "macro", m.Description+"\n\n`"+strings.Join(strings.Fields(m.Text), " ")+"`", "1")
	}
	for _, l := range w.set.Lists {
		add("list."+l.Name, itemVariable, fmt.Sprintf("list of type %s, %d entries", l.Type, l.Len), l.Description, "2")
	}
	for _, v := range w.set.Variables {
		add("var."+v.Name, itemVariable, fmt.Sprintf("variable: %v", v.Value), v.Description, "2")
	}
	for _, f := range ast.Functions() {
		add(f.Name, itemFunction, f.Signature, f.Doc, "2")
	}
	if slices.Contains(here.blocks, "window") || slices.Contains(here.blocks, "features") {
		for _, a := range ast.Aggregates() {
			add(a.Func.String(), itemFunction, a.Signature, a.Doc, "0")
		}
	}
	if slices.Contains(here.blocks, "window") {
		for _, gap := range ast.GapEntries() {
			add(strings.TrimSuffix(gap.Signature, "()"), itemFunction, gap.Signature, gap.Doc, "0")
		}
	}
	if slices.Contains(here.blocks, "memory") {
		first := ast.FirstEntry()
		add(first.Func.String(), itemFunction, first.Signature, first.Doc, "0")
	}
	for _, k := range []string{"and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "true", "false"} {
		if here.word != "" {
			add(k, itemKeyword, "", "", "3")
		}
	}
	return out
}

// aggregatesAround returns the names that the windows and memories of the rule around a line define, also where the rule is half
// written.
func aggregatesAround(text string, line int) []string {
	all := spans(text)
	lines := strings.Split(text, "\n")
	var out []string
	for _, rule := range all {
		if rule.depth != 0 || rule.kind != "rule" || line < rule.from || line > rule.to && rule.to > rule.from {
			continue
		}
		for _, w := range all {
			if w.kind != "window" && w.kind != "memory" || w.from < rule.from || w.from > max(rule.to, line) {
				continue
			}
			for n := w.from; n <= w.to && n < len(lines); n++ {
				body := lines[n]
				if n == w.from {
					body = body[strings.IndexByte(body, '{')+1:]
				}
				if m := attributeLine.FindStringSubmatch(body); m != nil && m[1] != "max_keys" && m[1] != "learn" {
					out = append(out, m[1])
				}
			}
		}
	}
	return out
}

// rule returns the rule that a place is in, or the one that it overrides; nil where there is none.
func (w *workspace) rule(here *place) *rules.Rule {
	for i, b := range here.blocks {
		if b != "rule" && b != "override" {
			continue
		}
		if r := w.rules[here.labels[i]]; r != nil {
			return r
		}
	}
	return nil
}

// fieldDoc says of a field what it is and which events have it.
func fieldDoc(f *packet.Field) string {
	doc := f.Doc
	if words := f.OneOf(); len(words) > 0 {
		doc += "\n\nOne of: `" + strings.Join(words, "`, `") + "`."
	}
	var on []string
	for _, e := range f.Events {
		on = append(on, e.Plural())
	}
	return doc + "\n\n" + f.Kind.String() + " of " + strings.Join(on, ", ")
}
