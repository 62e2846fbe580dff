package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// TestCacheWork counts what an edit has to be looked at for.
func TestCacheWork(t *testing.T) {
	const names = "/r/names.hcl"
	sources := map[string][]byte{
		names: []byte("macro \"our_web\" {\n  description = \"d\"\n  expr = \"tcp.dstport == 80\"\n}\nmacro \"our_dns\" {\n  description = \"d\"\n  expr = \"udp.dstport == 53\"\n}\n"),
	}
	rule := func(i int, where string) string {
		return fmt.Sprintf("rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"%s and ip.ttl == %d\"\n}\n", i, where, i%200)
	}
	for i := range 100 {
		sources[fmt.Sprintf("/r/f%d.hcl", i)] = []byte(rule(10*i, "tcp.dstport == 1") + rule(10*i+1, "our_web") + rule(10*i+2, "udp") + rule(10*i+3, "ip.src in list.home_nets"))
	}
	cache := &rules.Cache{}
	load := func() rules.Work {
		t.Helper()
		if _, diags := rules.Load(rules.Options{Sources: sources, Stdlib: stdlib.FS(), Cache: cache}); diags.HasErrors() {
			t.Fatal(diags)
		}
		return cache.Work
	}
	if first := load(); first.Files < 101 || first.Rules < 400 || first.Names < 2 {
		t.Errorf("at first: %+v", first)
	}
	for _, test := range []struct {
		name, file, from, to string
		want                 rules.Work
	}{
		{"nothing", names, "", "", rules.Work{}},
		{"the last rule of a file", "/r/f7.hcl", "ip.ttl == 73", "ip.ttl == 74", rules.Work{Files: 1, Rules: 1}},
		{"the first rule of a file, which moves the others", "/r/f7.hcl", "ip.ttl == 70", "ip.ttl == 100", rules.Work{Files: 1, Rules: 4}},
		{"a macro that 100 rules use", names, "tcp.dstport == 80", "tcp.dstport == 81", rules.Work{Files: 1, Names: 1, Rules: 100}},
		{"a macro that no rule uses", names, "udp.dstport == 53", "udp.dstport == 54", rules.Work{Files: 1, Names: 1}},
		{"the name of a rule", "/r/f9.hcl", "rule \"r93\"", "rule \"r9x\"", rules.Work{Files: 1, Rules: 1}},
	} {
		sources[test.file] = []byte(strings.Replace(string(sources[test.file]), test.from, test.to, 1))
		if got := load(); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
