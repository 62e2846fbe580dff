package main

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// constructPackets is how much of the mixed traffic each construct runs on, in parts of all of it.
const constructPackets = 10

// alonePlan compiles a rule file without the shipped rules.
func alonePlan(text string) (*rules.RuleSet, *engine.Plan, error) {
	opt := rules.Options{}
	if text != "" {
		opt.Sources = map[string][]byte{"construct.hcl": []byte(text)}
	}
	rs, diags := rules.Load(opt)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	plan, err := compile(rs, engine.Options{})
	return rs, plan, err
}

// BenchmarkConstructs measures each construct of the language alone, on mixed traffic.
func BenchmarkConstructs(b *testing.B) {
	file := captureOf(b, mixedTraffic, *mixedPackets/constructPackets)
	run := func(name, text string) {
		rs, plan, err := alonePlan(text)
		if err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		l, err := byRules(rs, engine.Options{}, 1)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			timed(b, l, file, 0)
			b.ReportMetric(float64(bytesOfKey(plan)), "B/key")
		})
	}
	run("none", "")
	for i := range constructs {
		run(constructs[i].name, constructs[i].source())
	}
}

// bytesOfKey is what the plan says that one key takes; of conversations what one takes.
func bytesOfKey(p *engine.Plan) int64 {
	d := p.Describe()
	n := int64(0)
	for _, t := range d.Tables {
		n += t.BytesPerKey
	}
	for _, m := range d.Memories {
		n += m.BytesPerValue
	}
	for _, s := range d.Sequences {
		n += s.BytesPerKey
	}
	for _, l := range d.Lists {
		n += l.BytesPerEntry
	}
	if c := d.Conversations; c != nil {
		if all := c.TCP + c.UDP + c.Pending + c.Settled; all > 0 {
			n += c.Bound / int64(all)
		}
	}
	return n
}

// TestConstructs compiles each construct, and writes the table of them.
func TestConstructs(t *testing.T) {
	text := "BenchmarkConstructs/none 1 100 cpu-ns/packet\n"
	for i := range constructs {
		c := &constructs[i]
		_, plan, err := alonePlan(c.source())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if n := bytesOfKey(plan); n < 8 || n > 4096 {
			t.Errorf("%s: %d bytes a key", c.name, n)
		}
		text += "BenchmarkConstructs/" + benchName(c.name) + " 1 150 cpu-ns/packet 80 B/key\n"
	}
	r, err := read(strings.NewReader(text), "x.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := r.constructTable()
	if lines := strings.Count(table, "\n"); lines != len(constructs)+2 || !strings.Contains(table, "| `cv(gap())` | 50 ns | 1.0 | 80 |\n") {
		t.Errorf("%d lines of %d constructs:\n%s", lines, len(constructs), table)
	}
	if r, _ := read(strings.NewReader(testResults), "x.txt"); r.constructTable() != "" {
		t.Error("a table without results")
	}
}

// source writes the rule file.
func (c *construct) source() string {
	return "rule \"measured\" {\n  description = \"d\"\n  severity = \"low\"\n" + c.rule + "}\n"
}
