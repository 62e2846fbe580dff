package rules

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ruleids/ruleids/stdlib"
)

// manyRules returns n rules of several shapes, in files of per rules.
func manyRules(n, per int) map[string][]byte {
	files := map[string][]byte{"base.hcl": []byte(`macro "new_connection" { expr = "tcp.flags.syn and not tcp.flags.ack" }
list "home" {
  type   = "ip"
  values = ["10.0.0.0/8", "192.168.0.0/16"]
}
`)}
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `rule "r%d" {
  description = "Rule %d."
  severity    = "high"
  attack      = ["T1046"]
  where       = "new_connection and tcp.dstport in [%d, %d] and not (ip.src in list.home)"
  by          = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
    n     = "count(tcp.len > %d)"
  }
  threshold = 15
  when      = "ports >= threshold or n > %d"
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
  notify {
    to      = ["ops"]
    message = "$${ip.src} tried $${ports} ports in 10 s"
  }
}
`, i, i, i%60000+1, i%60000+2, i%1000, i%5000+1)
		if (i+1)%per == 0 || i == n-1 {
			files[fmt.Sprintf("f%d.hcl", i/per)] = bytes.ReplaceAll(bytes.Clone(b.Bytes()), []byte("$${"), []byte("${"))
			b.Reset()
		}
	}
	return files
}

func BenchmarkLoad10000Rules(b *testing.B) {
	for _, per := range []int{100, 10000} {
		b.Run(fmt.Sprintf("%d a file", per), func(b *testing.B) {
			files := manyRules(10000, per)
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := Load(Options{Sources: files}); len(diags) > 0 {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkLoadStdlib is most of what the program does before its first packet.
func BenchmarkLoadStdlib(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := Load(Options{Stdlib: stdlib.FS()}); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}

// What a rule allocates while it is loaded is what loading costs: most of the time goes into it and
// into collecting it.
func TestLoadAllocations(t *testing.T) {
	const n = 1000
	files := manyRules(n, n)
	load := func() {
		if _, diags := Load(Options{Sources: files}); len(diags) > 0 {
			t.Fatal(diags)
		}
	}
	load()
	if per := testing.AllocsPerRun(3, load) / n; per > maxAllocsPerRule {
		t.Errorf("a rule allocates %.0f times while it is loaded, and should at most %d times", per, maxAllocsPerRule)
	}
}

// maxAllocsPerRule is a tenth above what the rules of manyRules need; it is 725 where hclsyntax reads them.
const maxAllocsPerRule = 450

// addresses returns a list file of n networks, no two alike.
func addresses(n int) []byte {
	var b bytes.Buffer
	b.WriteString("# networks\n")
	for i := range n {
		fmt.Fprintf(&b, "%d.%d.%d.0/24\n", i>>15&255, i>>7&255, i<<1&255)
	}
	return b.Bytes()
}

const listRules = `list "bad" {
  type = "ip"
  file = "bad.txt"
}
rule "r" { where = "ip.src in list.bad" }
`

func BenchmarkLoadMillionNetworks(b *testing.B) {
	files := map[string][]byte{"a.hcl": []byte(listRules), "bad.txt": addresses(1 << 20)}
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := Load(Options{Sources: files}); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}
