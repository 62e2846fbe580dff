package ruletest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

func TestAlertEvents(t *testing.T) {
	var got []string
	diags := replay(blocksOf(t, `
  packets {
    count = 2
    every = "1s"
    alert {
      rule     = "scan_${i}"
      category = "recon"
      src      = "198.51.100.7"
      dst      = "10.0.0.10"
      dstport  = 22
    }
  }
  packets {
    start = "2s"
    alert {
      src      = "2001:db8::7"
      severity = "critical"
      mode     = "shadow"
      agent    = "edge"
    }
  }
  packets {
    start = "3s"
    alert { rule = "arp_spoof" }
  }
`), player{
		frames: func([]packet.Frame) { t.Error("a frame") },
		event: func(p *packet.Packet) {
			a := p.Attrs
			got = append(got, fmt.Sprintf("%d %v %v %s:%d > %s:%d %s %s %s %q %q", (p.Time-epoch)/1e9, p.Has(packet.LayerIP), p.Has(packet.LayerPorts), p.Src, p.SrcPort, p.Dst, p.DstPort,
				a.Rule, a.Severity, a.Mode, a.Category, a.Agent))
		},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []string{
		`0 true true 198.51.100.7:40000 > 10.0.0.10:22 scan_0 medium enforce "recon" ""`,
		`1 true true 198.51.100.7:40000 > 10.0.0.10:22 scan_1 medium enforce "recon" ""`,
		`2 true false 2001:db8::7:0 > :::0  critical shadow "" "edge"`,
		`3 false false :::0 > :::0 arp_spoof medium enforce "" ""`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAlertMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`severity = "worst"`:                         "must be one of low, medium, high, critical",
		`mode = "perhaps"`:                           "must be one of enforce, shadow",
		`dst = "192.0.2.1"`:                          "needs src and dst",
		"src = \"192.0.2.1\"\n dstport = 5":          "needs src and dst",
		"src = \"192.0.2.1\"\n dst = \"2001:db8::\"": "must both be IPv4 or both IPv6",
	} {
		tests, diags := parse([]byte("test \"t\" {\n packets {\n alert {\n"+text+"\n}\n}\n quiet = true\n}\n"), "x_test.hcl")
		if all := diags.Error() + tests[0].Mistakes.Error(); !strings.Contains(all, want) {
			t.Errorf("%s: %s", text, all)
		}
	}
}
