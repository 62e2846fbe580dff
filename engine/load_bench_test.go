package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/rules"
)

// BenchmarkCompile10000 compiles ten thousand rules on ports, addresses and flags, half with windows.
func BenchmarkCompile10000(b *testing.B) {
	var src strings.Builder
	for i := range 10000 {
		where := fmt.Sprintf("tcp.dstport == %d and tcp.flags.syn and not tcp.flags.ack", 10000+i%20000)
		switch i % 3 {
		case 1:
			where = fmt.Sprintf("ip.src in ['100.%d.%d.0/24', '101.%d.0.0/16']", 64+i/256%64, i%256, i%256)
		case 2:
			where = fmt.Sprintf("udp.dstport in [%d, %d]", 20000+i%10000, 20001+i%10000)
		}
		window := ""
		if i%2 == 0 {
			window = `window "10s" { n = "count()" }
  when = "n >= 10"`
		}
		fmt.Fprintf(&src, "rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  by = [\"ip.src\"]\n%s\n}\n", i, where, window)
	}
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(src.String())}})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	for b.Loop() {
		if _, diags := Compile(rs, Options{}); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}
