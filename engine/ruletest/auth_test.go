package ruletest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// logins returns the logins that blocks play, one a line.
func logins(t *testing.T, text string) (got []string) {
	t.Helper()
	diags := replay(blocksOf(t, text), player{
		frames: func([]packet.Frame) { t.Error("a frame") },
		event: func(p *packet.Packet) {
			a := p.Attrs
			got = append(got, fmt.Sprintf("%d %v %s:%d > %s:%d %s %q %q %q %q %s %v", (p.Time-epoch)/1e9, p.Has(packet.LayerIP), p.Src, p.SrcPort, p.Dst, p.DstPort,
				a.Service, a.Host, a.User, a.Method, a.Reason, a.Result, a.Success))
		},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return got
}

func TestAuthEvents(t *testing.T) {
	got := logins(t, `
  packets {
    count = 2
    every = "1s"
    auth {
      src     = "198.51.100.7"
      srcport = 40000
      user    = "user${i}"
      success = i == 1
    }
  }
  packets {
    start = "2s"
    auth {
      src    = "2001:db8::7"
      dst    = "2001:db8::1"
      dstport = 22
      result = "probe"
      reason = "not_ssh"
    }
  }
  packets {
    start = "3s"
    auth {
      user    = "alice"
      service = "sudo"
      host    = "web1"
      method  = "pam"
      reason  = "not_allowed"
    }
  }
`)
	want := []string{
		`0 true 198.51.100.7:40000 > 0.0.0.0:0 sshd "" "user0" "password" "bad_credential" failure false`,
		`1 true 198.51.100.7:40000 > 0.0.0.0:0 sshd "" "user1" "password" "" success true`,
		`2 true 2001:db8::7:0 > 2001:db8::1:22 sshd "" "" "" "not_ssh" probe false`,
		`3 false :::0 > :::0 sudo "web1" "alice" "pam" "not_allowed" failure false`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAuthMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`success = "perhaps"`:                        "must be true or false",
		`result = "won"`:                             "must be one of success, failure, probe",
		"success = true\n result = \"failure\"":      "leave one of them out",
		`dst = "192.0.2.1"`:                          "needs src",
		"src = \"192.0.2.1\"\n dst = \"2001:db8::\"": "must both be IPv4 or both IPv6",
	} {
		_, diags := parse([]byte("test \"t\" {\n packets {\n auth {\n"+text+"\n}\n}\n quiet = true\n}\n"), "x_test.hcl")
		tests, _ := parse([]byte("test \"t\" {\n packets {\n auth {\n"+text+"\n}\n}\n quiet = true\n}\n"), "x_test.hcl")
		all := diags.Error() + tests[0].Mistakes.Error()
		if !strings.Contains(all, want) {
			t.Errorf("%s: %s", text, all)
		}
	}
}
