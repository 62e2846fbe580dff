package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A word is something that rules are written with.
type word struct {
	Name string `json:"name"`
	Type string `json:"type"`
	On   string `json:"on,omitempty"` // of a field: the kinds of events that have it
	Doc  string `json:"description"`
	From string `json:"from,omitempty"` // where it is defined, unless in the program
}

// newVocabularyCmd returns a command that lists words of one kind.
func newVocabularyCmd(a *app, name, short, long, example string, list func(*rules.RuleSet) []word, loads bool) *cobra.Command {
	var flags ruleFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   name + " [WORD...]",
		Short: short,
		Long: long + `

With words, only those are listed that have each of them in their name, type or description, in upper or lower case. Exit status: 0
found, 1 nothing has these words.`,
		Example: example,
		RunE: func(_ *cobra.Command, args []string) error {
			set := &rules.RuleSet{}
			if loads {
				loaded, err := flags.ruleSet(a)
				if err != nil {
					return err
				}
				set = loaded
			}
			found := matching(list(set), args)
			return a.answer(format, found, len(found) == 0, func(b *strings.Builder, color bool) { writeWords(b, found, color) })
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			set := &rules.RuleSet{}
			if loads {
				set = flags.load()
			}
			var names []string
			for _, w := range list(set) {
				names = append(names, cobra.CompletionWithDesc(w.Name, w.Doc))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	if loads {
		flags.add(cmd)
	}
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// vocabulary returns the commands that list what rules are written with.
func vocabulary(a *app) []*cobra.Command {
	return []*cobra.Command{
		newVocabularyCmd(a, "fields", "List the fields of packets and other events",
			"Fields lists what conditions can ask of a packet, a login, an alert, a connection and other events: the name, the type, the kinds of events\nthat have it (packets where nothing is said) and what it is.",
			"  ruleids fields\n  ruleids fields tls name\n  ruleids fields login", fieldWords, false),
		newVocabularyCmd(a, "functions", "List the functions and aggregates of conditions",
			"Functions lists what conditions can compute, and the aggregates of windows.",
			"  ruleids functions domain\n  ruleids functions window", functionWords, false),
		newVocabularyCmd(a, "macros", "List macros: conditions that have a name",
			"Macros lists the conditions with a name that the shipped rules and those of --rules define. A condition uses one by its name.",
			"  ruleids macros tcp", macroWords, true),
		newVocabularyCmd(a, "lists", "List lists of addresses, ports and names",
			"Lists lists the lists that the shipped rules and those of --rules define. A condition uses one as list.NAME.",
			"  ruleids lists port", listWords, true),
		newVocabularyCmd(a, "variables", "List variables: the numbers and lists that --set changes",
			"Variables lists the values that the shipped rules and those of --rules leave to you: with --set NAME=VALUE, in the environment, or in the\nblock vars of the settings.",
			"  ruleids variables scan", variableWords, true),
	}
}

func fieldWords(*rules.RuleSet) []word {
	var out []word
	for _, f := range packet.Fields() {
		w := word{Name: f.Name, Type: f.Kind.String(), Doc: f.Doc}
		if !slices.Equal(f.Events, []packet.Event{packet.EventPacket}) {
			var kinds []string
			for _, e := range f.Events {
				kinds = append(kinds, e.String())
			}
			if w.On = strings.Join(kinds, ", "); len(kinds) == len(packet.Events()) {
				w.On = "all"
			}
		}
		if words := f.OneOf(); len(words) > 0 {
			w.Doc += " One of: " + strings.Join(words, ", ") + "."
		}
		out = append(out, w)
	}
	return out
}

func functionWords(*rules.RuleSet) []word {
	var out []word
	for _, f := range ast.Functions() {
		call, value, _ := strings.Cut(f.Signature, ") ")
		out = append(out, word{Name: call + ")", Type: value, Doc: f.Doc})
	}
	for _, a := range ast.Aggregates() {
		out = append(out, word{Name: a.Signature, Type: "aggregate of a window", Doc: a.Doc})
	}
	for _, gap := range ast.GapEntries() {
		out = append(out, word{Name: gap.Signature, Type: "number in a window", Doc: gap.Doc})
	}
	first := ast.FirstEntry()
	out = append(out, word{Name: first.Signature, Type: "condition of a memory", Doc: first.Doc})
	return out
}

func macroWords(set *rules.RuleSet) []word {
	var out []word
	for _, m := range set.Macros {
		out = append(out, word{Name: m.Name, Type: "macro", Doc: strings.TrimSpace(m.Description + " " + strings.Join(strings.Fields(m.Text), " ")), From: origin(m.Shipped, m.Range.Filename)})
	}
	return out
}

func listWords(set *rules.RuleSet) []word {
	var out []word
	for _, l := range set.Lists {
		size := plural(uint64(l.Len), "entry")
		if l.Len != 1 {
			size = thousands(uint64(l.Len)) + " entries"
		}
		if l.Max > 0 {
			size = "filled by rules"
		}
		out = append(out, word{Name: "list." + l.Name, Type: fmt.Sprintf("%s, %s", l.Type, size), Doc: l.Description, From: origin(l.Shipped, l.Range.Filename)})
	}
	return out
}

func variableWords(set *rules.RuleSet) []word {
	var out []word
	for _, v := range set.Variables {
		value := fmt.Sprint(v.Value)
		if list, ok := v.Value.([]any); ok {
			value = fmt.Sprintf("%d values", len(list))
		}
		out = append(out, word{Name: v.Name, Type: value, Doc: v.Description, From: origin(v.Shipped, v.Range.Filename)})
	}
	return out
}

// origin says where something is defined: nothing for what is shipped.
func origin(shipped bool, file string) string {
	if shipped {
		return ""
	}
	return file
}

// matching returns the entries that have each of the words.
func matching(all []word, words []string) []word {
	out := []word{}
	for _, w := range all {
		text := strings.ToLower(strings.Join([]string{w.Name, w.Type, w.On, w.Doc}, "\n"))
		if !slices.ContainsFunc(words, func(s string) bool { return !strings.Contains(text, strings.ToLower(s)) }) {
			out = append(out, w)
		}
	}
	// What has a word in its name comes first.
	slices.SortStableFunc(out, func(x, y word) int { return cmp.Compare(named(y, words), named(x, words)) })
	return out
}

// named counts the words that a name has.
func named(w word, words []string) int {
	n := 0
	for _, s := range words {
		if strings.Contains(strings.ToLower(w.Name), strings.ToLower(s)) {
			n++
		}
	}
	return n
}

// writeWords writes entries for people.
func writeWords(b *strings.Builder, words []word, color bool) {
	rows := make([][]string, len(words))
	for i, w := range words {
		kind := w.Type
		if w.On != "" && w.On != "all" {
			kind += " (on " + w.On + ")"
		}
		if w.From != "" {
			w.Doc = strings.TrimSpace(w.Doc + " [" + w.From + "]")
		}
		rows[i] = []string{styleBold.paint(w.Name, color), kind, w.Doc}
	}
	writeColumns(b, rows)
}
