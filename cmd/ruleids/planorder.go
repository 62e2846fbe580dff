package main

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/engine"
)

// orderText says how it is that rules see what packets before theirs wrote to lists.
func orderText(order string) string {
	switch order {
	case engine.OrderTurns:
		return "rules that fill or read them see packet after packet, all others share the workers"
	case engine.OrderPackets:
		return "a model reads one, so one worker looks at packets in their order, each when the one before it is done with"
	}
	return "a model reads one, so one worker looks at packets in their order, those behind one that may write when that is done with"
}

// order writes the sequences and the lists that rules fill, where there are any.
func (t *planText) order(d *engine.Description) {
	if len(d.Sequences) > 0 {
		t.heading("Sequences")
	}
	for _, s := range d.Sequences {
		fmt.Fprintf(t.w, "  %s\n    within %s\n", styleCyan.paint(s.Rule, t.color), shortSpan(s.Span))
		var rows [][]string
		for _, st := range s.Steps {
			key := "all traffic"
			if len(st.Key) > 0 {
				key = "by " + strings.Join(st.Key, ", ")
			}
			rows = append(rows, []string{"  " + st.Kind + " " + st.Name, st.On, key, "if " + st.Where})
		}
		writeColumns(t.w, rows)
		fmt.Fprintf(t.w, "    %s a key at most; %s; together at most %s\n", byteSize(uint64(s.BytesPerKey)), plural(uint64(s.MaxKeys), "key"), byteSize(uint64(s.Bound)))
	}
	if len(d.Lists) > 0 {
		t.heading("Lists that rules fill")
	}
	for _, l := range d.Lists {
		fmt.Fprintf(t.w, "  %s\n    type %s, an entry lasts %s\n", styleCyan.paint(l.List, t.color), l.Type, shortSpan(l.For))
		writeColumns(t.w, [][]string{{"  filled by", orNothing(l.FilledBy)}, {"  read by", orNothing(l.ReadBy)}})
		fmt.Fprintf(t.w, "    %s an entry; at most %s; together at most %s\n", byteSize(uint64(l.BytesPerEntry)), thousands(uint64(l.Max)), byteSize(uint64(l.Bound)))
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no rule"
	}
	return strings.Join(names, ", ")
}
