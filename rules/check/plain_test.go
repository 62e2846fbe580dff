package check

import (
	"testing"

	"github.com/ruleids/ruleids/rules/ast"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tcp.flags.syn and not tcp.flags.ack", "tcp.flags.syn and not tcp.flags.ack"},
		{"ip and tcp and tcp.dstport == 80", "tcp.dstport == 80"},
		{"tcp and not (tcp.dstport == 80)", "tcp and not (tcp.dstport == 80)"},
		{"udp and (udp.dstport < 10 or tcp.dstport < 10)", "udp and (udp.dstport < 10 or tcp.dstport < 10)"},
		{"ip and (tcp.dstport < 10 or udp.dstport < 10)", "tcp.dstport < 10 or udp.dstport < 10"},
		{"ip and ip and udp", "udp"},
		{"dns.qry.name == 'a' or ip.ttl == 1", `dns.qry.name == "a" or ip.ttl == 1`},
	} {
		e, diags := checkCondition(c.text)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := ast.Plain(e); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}
