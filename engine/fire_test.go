package engine

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
)

// What an IPv6 header writes as IPv4-mapped is neither counted for the IPv4 address nor shown or acted on as if it were.
func TestMappedSourceIsAnother(t *testing.T) {
	const src = `rule "r" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  by          = ["ip.src"]
  window "10s" {
    n = "count()"
  }
  when = "n >= 3"
  block {
    target    = "ip.src"
    for       = "1h"
    spoofable = "accept"
  }
}
`
	v4 := seg{src: "198.51.100.7", dst: "192.0.2.1", dport: 80, flags: 2}
	v6 := seg{src: "::ffff:198.51.100.7", dst: "2001:db8::1", dport: 80, flags: 2}
	var got []string
	e := New(compile(t, src, Options{}), Config{})
	e.Process(frames(v4, v6, v4, v6, v6), func(a *alert.Alert) {
		if !slices.ContainsFunc(a.Actions, func(act alert.Action) bool { return act.Target == netip.MustParseAddr("::ffff:198.51.100.7") }) {
			t.Errorf("actions: %+v", a.Actions)
		}
		if len(a.Key) != 1 || a.Key[0].Value != "::ffff:198.51.100.7" {
			t.Errorf("key: %v", a.Key)
		}
		got = append(got, string(a.AppendJSON(nil)))
	})
	if len(got) != 1 || !strings.Contains(got[0], `"src_ip":"::ffff:198.51.100.7"`) {
		t.Errorf("alerts: %q", got)
	}
}
