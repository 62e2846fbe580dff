package ruletest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// played returns what blocks play, an event a line, frames by their destination port.
func played(t *testing.T, text string) (got []string) {
	t.Helper()
	at := func(nanos int64) time.Duration { return time.Duration(nanos - epoch) }
	var d packet.Decoder
	diags := replay(blocksOf(t, text), player{
		frames: func(frames []packet.Frame) {
			for i := range frames {
				var p packet.Packet
				d.Decode(&p, &frames[i])
				got = append(got, fmt.Sprintf("%v frame to %d", at(p.Time), p.DstPort))
			}
		},
		event: func(p *packet.Packet) {
			a := p.Attrs
			got = append(got, fmt.Sprintf("%v %s %d > %s %d %s %s %q %q", at(p.Time), p.Src, p.SrcPort, p.Dst, p.DstPort, a.Service, a.Action, a.User, a.Client))
		},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return got
}

// Events of honeypots and frames are one timeline; what a block leaves out is sensible.
func TestHoneypotEventsAreOnTheTimeline(t *testing.T) {
	got := played(t, `
  packets {
    count = 3
    every = "1s"
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.0.2"
      dstport = 1000 + i
    }
  }
  packets {
    start = "1s"
    honeypot {
      src = "10.0.0.1"
      dst = "10.0.0.90"
    }
  }
  packets {
    start = "500ms"
    count = 2
    every = "1s"
    honeypot {
      src     = "2001:db8::${i + 1}"
      dst     = "2001:db8::90"
      service = i == 0 ? "telnet" : "http"
      user    = "user${i}"
      client  = "c"
    }
  }
  packets {
    start = "3s"
    honeypot {
      src     = "10.0.0.1"
      dst     = "10.0.0.90"
      srcport = 7
      dstport = 6379
      service = "tcp"
      action  = "command"
      user    = "root"
    }
  }`)
	want := []string{
		"0s frame to 1000",
		`500ms 2001:db8::1 40000 > 2001:db8::90 23 telnet login "user0" "c"`,
		"1s frame to 1001",
		`1s 10.0.0.1 40000 > 10.0.0.90 22 ssh connect "" ""`,
		`1.5s 2001:db8::2 40000 > 2001:db8::90 80 http login "user1" "c"`,
		"2s frame to 1002",
		`3s 10.0.0.1 7 > 10.0.0.90 6379 tcp command "root" ""`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestMistakesInHoneypotBlocks(t *testing.T) {
	for attrs, want := range map[string]string{
		"src = \"10.0.0.1\"":                                                                 "A honeypot packet needs dst.",
		"src = \"10.0.0.1\"\n dst = \"2001:db8::1\"":                                         "src 10.0.0.1 and dst 2001:db8::1 must both be IPv4 or both IPv6.",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n action = \"logn\"":                        "action must be one of connect, login, command; it is \"logn\".",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n service = \"redis\"":                      "a honeypot of service \"redis\" needs dstport.",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n flags = \"S\"":                            "A honeypot packet has no attribute \"flags\". It can have",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n user = [\"a\"]":                           "user must be text.",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n dstport = 70000":                          "dstport must be from 0 to 65535; it is 70000",
		"src = \"10.0.0.1\"\n dst = \"10.0.0.2\"\n action = i == 0 ? \"login\" : \"logout\"": "action must be one of connect, login, command; it is \"logout\", for i = 1.",
	} {
		tests, diags := parse([]byte("test \"x\" {\n packets {\n count = 2\n honeypot {\n "+attrs+"\n }\n }\n quiet = true\n}\n"), "x_test.hcl")
		if len(tests) == 1 {
			diags = tests[0].Mistakes
		}
		if text := fmt.Sprint(diags.Errs()); !strings.Contains(text, want) {
			t.Errorf("%s: got %s, want %s", attrs, text, want)
		}
	}
}

// A test that fails says how close events of honeypots, and alerts, came.
func TestRulesOnOtherEventsAreExplained(t *testing.T) {
	dir := directory(t, map[string]string{"rules.hcl": `
rule "guess" {
  description = "Somebody guesses."
  severity    = "high"
  on          = "honeypot"
  where       = "honeypot.action == 'login'"
  by          = ["ip.src"]
  window "60s" {
    n = "count()"
  }
  threshold = 4
  when      = "n >= threshold"
}
rule "touch" {
  description = "Somebody is there."
  severity    = "low"
  on          = "honeypot"
  where       = "ip"
  cooldown    = "0s"
}
rule "chain" {
  description = "Two rules."
  severity    = "high"
  on          = "alert"
  where       = "ip"
  by          = ["ip.src"]
  window "60s" {
    n = "distinct(alert.rule)"
  }
  threshold = 2
  when      = "n >= threshold"
}
`, "x_test.hcl": `
test "three logins" {
  packets {
    count = 3
    every = "1s"
    honeypot {
      src  = "10.0.0.1"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "guess" {}
  alert "chain" {}
  alert "touch" {
    count = 2
    at    = "5s"
  }
}
`})
	_, results := runPaths(t, &Runner{}, dir)
	want := []string{
		`line 12: alert "guess": want at least 1, got 0; the rule matched 3 of 3 packets; closest: ip.src=10.0.0.1 with n=3, the rule asks for 4, at 2s`,
		`line 13: alert "chain": want at least 1, got 0; the rule matched 3 of 3 packets; closest: ip.src=10.0.0.1 with n=1, the rule asks for 2, at 0s`,
		`line 14: alert "touch": want 2, got 3: at 0s (low); at 1s (low); at 2s (low)`,
		`line 14: alert "touch": want the first alert at 5s, got it at 0s`,
	}
	if d := cmp.Diff(want, results[0].Problems); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
