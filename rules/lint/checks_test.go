package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// A body is a rule's, complete but for what a test adds.
func ruleText(body string) string {
	return "rule \"r\" {\n  description = \"A rule.\"\n  severity    = \"low\"\n" + body + "\n}\n"
}

func windowed(where, aggregate, when string) string {
	return ruleText(fmt.Sprintf(`
  where     = "%s"
  by        = ["ip.src"]
  threshold = 20
  window "10s" {
    n = "%s"
  }
  when = "(%s) and (n >= threshold or ip.ttl < 9)"`, where, aggregate, when))
}

// remembering is a rule that fires on what is new.
func remembering(learn, rest string) string {
	return acting("tcp.flags.ack", "  memory \"5d\" {\n    fresh = \"first([ip.src])\"\n    "+learn+"\n  }\n  when = \"fresh\"\n  "+rest)
}

// laddered is a rule with a level high and a level critical.
func laddered(high, critical string) string {
	return ruleText(fmt.Sprintf(`
  where     = "tcp"
  by        = ["ip.src"]
  threshold = 20
  window "10s" {
    n = "count()"
    m = "distinct(ip.dst)"
    o = "distinct(tcp.flags.syn)"
  }
  when = "n >= threshold or m > 9"
  level "high" { when = "%s" }
  level "critical" { when = "%s" }`, high, critical))
}

// modelled is a model by source, and a rule that looks at its samples.
func modelled(features, model, rule string) string {
	return fmt.Sprintf("model \"m\" {\n  by = [\"ip.src\"]\n  features = { %s }\n  %s\n}\n", features, model) +
		ruleText("  on    = \"model\"\n  where = \"model.name == 'm' and model.score >= 0.999\"\n  by    = [\"ip.src\"]\n"+rule)
}

func acting(where, rest string) string {
	return ruleText(fmt.Sprintf("  where = \"%s\"\n  by = [\"ip.src\"]\n%s", where, rest))
}

const block = "  block { target = \"ip.src\" }"

// tracked is a list that a rule with some text fills, where there is a text, and a rule that may read it.
func tracked(writer, reader, rest string) string {
	out := "list \"seen\" {\n  type = \"ip\"\n  for = \"1h\"\n}\n"
	if writer != "" {
		out += "rule \"w\" {\n  description = \"A rule.\"\n  severity = \"low\"\n  where = \"udp\"\n  " + writer + "\n  track \"seen\" { value = \"ip.src\" }\n}\n"
	}
	return out + ruleText("  by = [\"ip.src\"]\n  "+reader+"\n  "+rest)
}

// sequenced is a rule with a sequence of a step on alerts and one on logins, and rules that it may name.
func sequenced(span, where string) string {
	rule := func(name, text string) string {
		return "rule \"" + name + "\" {\n  description = \"A rule.\"\n  severity = \"low\"\n  " + text + "\n}\n"
	}
	step := func(name, on, where string) string {
		return "step \"" + name + "\" {\n on = \"" + on + "\"\n where = \"" + where + "\"\n by = [\"ip.src\"]\n}\n"
	}
	return rule("quiet", "silent = true\n  where = \"tcp\"") + rule("off", "enabled = false\n  where = \"tcp\"") + rule("loud", "where = \"tcp\"") +
		rule("meta", "on = \"alert\"\n  where = \"alert.severity == 'low'\"") +
		ruleText("sequence \""+span+"\" {\n"+step("a", "alert", where)+step("b", "auth", "auth.success")+"}")
}

// blockAfter is a rule that blocks a source after packets of two kinds.
func blockAfter(first, last string) string {
	step := func(name, where string) string {
		return "step \"" + name + "\" {\n where = \"" + where + "\"\n by = [\"ip.src\"]\n}\n"
	}
	return ruleText("sequence \"1m\" {\n" + step("a", first) + step("b", last) + "}\n" + block)
}

// The codes that each text gives, in the order of their places. Every check has texts that give its
// code and near misses that do not.
func TestChecks(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		// unused-column
		{"columns that nothing asks for", "list \"f\" {\n  type = \"ip\"\n  file = \"feed.csv\"\n  columns = [\"ip\", \"threat\"]\n}\n" + ruleText(`where = "ip.src in list.f"`), []string{"unused-column"}},
		{"a column that is asked for", "list \"f\" {\n  type = \"ip\"\n  file = \"feed.csv\"\n  columns = [\"ip\", \"threat\"]\n}\n" + ruleText(`where = "list.f[ip.src].threat == 'scanner'"`), nil},

		// slow-condition
		{"regexp on every payload", ruleText(`where = "payload matches '[0-9]{16}'"`), []string{"slow-condition"}},
		{"regexp on every segment", ruleText(`where = "tcp.flags.ack and frame.len > 20 and payload matches '[0-9]{16}'"`), []string{"slow-condition"}},
		{"one of several regexps", ruleText(`where = "payload matches ['evil', '[0-9]{16}']"`), []string{"slow-condition"}},
		{"regexp to networks", ruleText(`where = "ip.dst in ['10.0.0.0/8'] and payload matches '[0-9]{16}'"`), []string{"slow-condition"}},
		{"regexp with a literal", ruleText(`where = "payload matches 'n=[0-9]{16}'"`), nil},
		{"regexp at the start of anything", ruleText(`where = "payload matches '^.*[0-9]{16}'"`), []string{"slow-condition"}},
		{"regexp at the start", ruleText(`where = "payload matches '^[0-9]{16}'"`), nil},
		{"regexp behind a port", ruleText(`where = "tcp.dstport == 80 and payload matches '[0-9]{16}'"`), nil},
		{"regexp behind a text", ruleText(`where = "payload startsWith 'POST ' and payload matches '[0-9]{16}'"`), nil},
		{"regexp behind a byte", ruleText(`where = "payload[0] == 22 and payload matches '[0-9]{16}'"`), nil},
		{"regexp on names", ruleText(`where = "dns.qry.name matches '[0-9]{16}'"`), nil},

		// ended-exception
		{"exception that has ended", ruleText(`where = "tcp"
  except "x" {
    where = "ip.src in list.home_nets"
    until = "2001-01-01"
  }`), []string{"ended-exception"}},
		{"exception that goes on", ruleText(`where = "tcp"
  except "x" {
    where = "ip.src in list.home_nets"
    until = "2201-01-01T12:00:00+01:00"
  }`), nil},

		// shadowed-exception
		{"exception by values leaves some", ruleText(`where = "tcp.dstport in [22, 25]"
  except "x" { where = "tcp.dstport in [22, 23]" }`), nil},
		{"exception of all but some addresses", ruleText(`where = "tcp"
  except "x" { where = "ip.src in list.home_nets" }`), nil},
		{"exception of another protocol", ruleText(`where = "tcp.dstport == 22"
  except "x" { where = "udp" }`), []string{"shadowed-exception"}},
		{"exception of other flags", ruleText(`where = "tcp.flags.syn and not tcp.flags.ack"
  except "x" { where = "tcp.flags.ack and ip.src in list.home_nets" }`), []string{"shadowed-exception"}},
		{"exception of another port, same slot", ruleText(`where = "tcp.dstport == 22"
  except "x" { where = "dst.port == 23" }`), []string{"shadowed-exception"}},
		{"exception of the other direction", ruleText(`where = "tcp.dstport == 22"
  except "x" { where = "tcp.srcport == 23" }`), nil},

		// dead-level
		{"levels below the rule's severity", strings.Replace(laddered("n >= 20", "n >= 40"), "low", "high", 1), []string{"dead-level"}},
		{"a level that a higher one hides", laddered("n >= 50", "n >= 40"), []string{"dead-level"}},
		{"a level by threshold that a higher one hides", laddered("n > 2 * threshold", "n >= 40"), []string{"dead-level"}},
		{"one condition for two levels", laddered("n == 7", "n == 7"), []string{"dead-level"}},
		{"levels that rise", laddered("n >= 40", "n >= 10 * threshold"), nil},
		{"levels that rise to less", laddered("n <= 10", "n <= 5"), nil},
		{"levels of other aggregates", laddered("n >= 50", "m >= 40"), nil},
		{"levels alone", strings.NewReplacer("  when = \"n >= threshold or m > 9\"", "", "  severity    = \"low\"\n", "").Replace(laddered("n >= threshold + m", "n >= 50")), nil},
		{"a level that is never reached", laddered("n >= 40", "o >= 17"), []string{"unreachable-threshold"}},

		{"a level below what when asks", strings.Replace(laddered("n < 20", "n >= 40"), " or m > 9", "", 1), []string{"dead-level"}},
		{"a level just below what when asks", strings.Replace(laddered("n <= 20", "n >= 40"), "n >= threshold or m > 9", "n > threshold and m > 9", 1), []string{"dead-level"}},
		{"a level up to what when asks", strings.Replace(laddered("n <= 20", "n >= 40"), " or m > 9", "", 1), nil},
		{"a level of all alerts", strings.Replace(laddered("n >= 10", "n >= 40"), " or m > 9", "", 1), []string{"dead-level"}},
		{"a level of all alerts but those of a bad reputation", strings.Replace(laddered("n >= 10\" }\n  escalate \"virustotal\" { indicator = \"ip.src", "n >= 40"), " or m > 9", "", 1), nil},
		{"a level of some alerts", laddered("n >= 10", "n >= 40"), nil},

		// missing-learn, unlearned-block
		{"learn that cannot be read", remembering("learn = \"soon\"", ""), []string{"bad-value"}},
		{"a memory that does not learn", remembering("", ""), []string{"missing-learn"}},
		{"a memory that learns", remembering("learn = \"1h\"", block), nil},
		{"a memory that does not learn and blocks", remembering("", block), []string{"unlearned-block"}},
		{"a memory that does not learn and quarantines", remembering("", "quarantine { target = \"ip.src\" }"), []string{"unlearned-block"}},
		{"a memory that does not learn, in shadow", remembering("", block+"\n  mode = \"shadow\""), []string{"missing-learn"}},

		// silent-response
		{"silent with actions", acting("tcp.flags.ack", block+"\n  silent = true\n  notify { to = [\"ops\"] }\n  escalate \"list\" { indicator = \"ip.src\" }"), []string{"silent-response", "silent-response", "silent-response"}},
		{"silent without", acting("tcp.flags.ack", "  silent = true"), nil},

		// unfilled-list, unused-list and trial-list: lists that rules fill
		{"a list that nothing fills", tracked("", "", "where = \"ip.src in list.seen\""), []string{"unfilled-list"}},
		{"a list that only what is in it fills", strings.Replace(tracked("silent = true", "", "where = \"ip.src in list.seen\""), "\"udp\"", "\"udp and ip.src in list.seen\"", 1), []string{"unfilled-list"}},
		{"a list that what is in it keeps filled", strings.Replace(tracked("silent = true", "", "where = \"ip.src in list.seen\""), "\"udp\"", "\"udp or ip.src in list.seen\"", 1), nil},
		{"a list that a disabled rule fills", tracked("enabled = false", "", "where = \"ip.src in list.seen\""), []string{"unfilled-list"}},
		{"a list that nothing reads", tracked("cooldown = \"1s\"", "", "where = \"tcp\""), []string{"unused-list"}},
		{"a list that nothing fills or reads", tracked("", "", "where = \"tcp\""), []string{"unused-list"}},
		{"a list that is filled and read", tracked("cooldown = \"1s\"", "", "where = \"ip.src in list.seen\""), nil},
		{"a rule on trial fills it", tracked("mode = \"shadow\"", "", "where = \"tcp.flags.ack and ip.src in list.seen\"\n  block { target = \"ip.src\" }"), []string{"trial-list"}},
		{"both are on trial", tracked("mode = \"shadow\"", "mode = \"shadow\"", "where = \"tcp.flags.ack and ip.src in list.seen\"\n  block { target = \"ip.src\" }"), nil},
		{"nobody is kept out", tracked("mode = \"shadow\"", "", "where = \"ip.src in list.seen\""), nil},

		// unheard-rule, and others on sequences
		{"steps on rules that are not heard", sequenced("1h", "alert.rule == 'quiet' or alert.rule in ['off', 'meta', 'quiet', 'loud']"),
			[]string{"unheard-rule", "unheard-rule", "unheard-rule", "unheard-rule"}},
		{"steps on rules that are heard", sequenced("1h", "alert.rule == 'loud' and not (alert.rule == 'quiet')"), nil},
		{"a sequence of months", sequenced("200h", "alert.severity == 'high'"), []string{"window-too-long"}},
		{"forged in every step", blockAfter("tcp.flags.syn", "udp"), []string{"spoofable-block"}},
		{"forged in the last step only", blockAfter("tcp.len > 0", "udp"), nil},
		{"forged in the first step only", blockAfter("udp", "tcp.len > 0"), nil},

		// bystander-target
		{"target of another key", windowed("tcp", "count()", "true") + `
override "r" {
  quarantine { target = "ip.dst" }
}`, []string{"bystander-target"}},
		{"target of the key", acting("tcp.flags.ack", `
  window "1s" { n = "count()" }
  when = "n > 9"
  quarantine { target = "ip.src" }`), nil},
		{"target without a window", ruleText(`where = "tcp.flags.ack"
  quarantine { target = "ip.src" }`), nil},

		// missing-description, missing-severity
		{"nothing said", `rule "r" { where = "tcp" }`, []string{"missing-description", "missing-severity"}},
		{"blank description", `rule "r" {
  description = " "
  severity    = "low"
  where       = "tcp"
}`, []string{"missing-description"}},
		{"severity by override", `rule "r" {
  description = "A rule."
  where       = "tcp"
}
override "r" { severity = "high" }`, nil},

		// no-cooldown
		{"message for every packet", acting("tcp", "  cooldown = \"0s\"\n  notify { to = [\"ops\"] }"), []string{"no-cooldown"}},
		{"no cooldown and no message", acting("tcp", "  cooldown = \"0s\""), nil},
		{"default cooldown", acting("tcp", "  notify { to = [\"ops\"] }"), nil},

		// spoofable-block
		{"SYN", acting("tcp.flags.syn", block), []string{"spoofable-block"}},
		{"SYN by number", acting("tcp.flags == 2", block), []string{"spoofable-block"}},
		{"UDP", acting("udp.dstport == 53 or tcp.flags.ack", block), []string{"spoofable-block"}},
		{"ping", acting("icmp.type == 8", block), []string{"spoofable-block"}},
		{"any IP", acting("ip.ttl < 9", block), []string{"spoofable-block"}},
		{"ARP", ruleText(`where = "arp.opcode == 2"
  block { target = "arp.src.proto_ipv4" }`), []string{"spoofable-block"}},
		{"no payload needed", acting("tcp and not (payload contains 'x')", block), []string{"spoofable-block"}},
		{"RST", acting("tcp.flags.reset", block), []string{"spoofable-block"}},
		{"accepted", acting("tcp.flags.syn", "  block {\n    target = \"ip.src\"\n    spoofable = \"accept\"\n  }"), nil},
		{"quarantine", acting("tcp.flags.syn", "  quarantine { target = \"ip.src\" }"), nil},
		{"ACK", acting("tcp.flags.ack", block), nil},
		{"SYN and ACK", acting("tcp.flags == 18", block), nil},
		{"ACK by mask", acting("bitand(tcp.flags, 16) == 16", block), nil},
		{"data", acting("tcp.len > 0", block), nil},
		{"payload", acting("tcp and payload contains 'x'", block), nil},
		{"payload bytes", acting("tcp and payload[0:2] == 'GE'", block), nil},
		{"payload length", acting("tcp and len(payload) > 10", block), nil},
		{"payload pattern", acting("tcp and payload matches '^GET '", block), nil},
		{"exception of what can be forged", acting("tcp.dstport == 22", block+"\n  except \"x\" { where = \"not tcp.flags.ack\" }"), nil},
		{"of an established connection", acting("conn.established and tcp.dstport == 22", block), nil},
		{"of none", acting("not conn.established and tcp.dstport == 22", block), []string{"spoofable-block"}},
		{"conversations", ruleText("on = \"connection\"\n  where = \"conn.state == 'established' and ip.proto == 6\"\n  by = [\"ip.src\"]\n" + block), nil},
		{"conversations over UDP", ruleText("on = \"connection\"\n  where = \"conn.state == 'established'\"\n  by = [\"ip.src\"]\n" + block), []string{"spoofable-block"}},
		{"refused conversations", ruleText("on = \"connection\"\n  where = \"conn.state in ['refused', 'established'] and ip.proto == 6\"\n  by = [\"ip.src\"]\n" + block), []string{"spoofable-block"}},
		{"honeypot", ruleText("on = \"honeypot\"\n  where = \"honeypot.action == 'login'\"\n  by = [\"ip.src\"]\n" + block), nil},

		// unreachable-threshold
		{"distinct of a flag", windowed("tcp", "distinct(tcp.flags.syn)", "n >= 3"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"distinct of a byte", windowed("icmp", "distinct(icmp.type)", "n >= 300"), []string{"unreachable-threshold"}},
		{"distinct of a byte, reachable", windowed("icmp", "distinct(icmp.type)", "n >= 256"), nil},
		{"above all of a byte", windowed("icmp", "distinct(icmp.type)", "n > 256"), []string{"unreachable-threshold"}},
		{"mirrored", windowed("icmp", "distinct(icmp.type)", "300 <= n"), []string{"unreachable-threshold"}},
		{"narrowed by where", windowed("tcp.dstport in [22, 23] or tcp.dstport in 1000..1018", "distinct(tcp.dstport)", "n >= 5"), nil},
		{"narrowed below the threshold", windowed("tcp.dstport in [22, 23]", "distinct(tcp.dstport)", "n > 1"), []string{"unreachable-threshold"}},
		{"narrowed by its condition", windowed("tcp", "distinct(tcp.dstport, tcp.dstport < 10)", "n > 1"), []string{"unreachable-threshold"}},
		{"narrowed by an exception", ruleText(`
  where = "icmp"
  by    = ["ip.src"]
  window "10s" { n = "distinct(icmp.type)" }
  when = "n > 200"
  except "x" { where = "icmp.type >= 100" }`), []string{"unreachable-threshold"}},
		{"narrowed by a list", windowed("tcp.dstport in list.login_ports", "distinct(tcp.dstport)", "n > 1"), []string{"unreachable-threshold"}},
		{"addresses of a network", windowed("ip.dst in ['10.0.0.0/30']", "distinct(ip.dst)", "n >= 4"), []string{"unreachable-threshold"}},
		{"addresses of a larger network", windowed("ip.dst in ['10.0.0.0/24']", "distinct(ip.dst)", "n >= 4"), nil},
		{"versions of IP", windowed("tcp or udp", "distinct(ip.version)", "n >= 2 and n > 2"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"not an address", windowed("ip.dst != '10.0.0.1'", "distinct(ip.dst)", "n >= 4"), nil},
		{"the key itself", windowed("tcp", "distinct(ip.src)", "n > 1"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"changes of the key", windowed("tcp", "changes(ip.src)", "n > 0"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"changes", windowed("tcp", "changes(ip.ttl)", "n > 0"), nil},
		{"words of a field", ruleText(`
  on    = "honeypot"
  by    = ["ip.src"]
  window "10s" { n = "distinct(honeypot.action)" }
  when = "n > 3"`), []string{"unreachable-threshold"}},
		{"largest value", windowed("icmp", "max(icmp.type)", "n > 255"), []string{"unreachable-threshold"}},
		{"gaps differ", windowed("tcp", "distinct(gap())", "n > 30"), nil},
		{"cv of gaps", windowed("tcp", "cv(gap())", "n > 30"), nil},
		{"median gap beyond the window", windowed("tcp", "median(gap())", "n > 11"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"percentile of what where fixes", windowed("tcp and ip.ttl == 3", "cv(ip.ttl)", "n > 1"), []string{"unreachable-threshold", "unreachable-threshold"}},
		{"mean", windowed("icmp", "mean(icmp.type)", "n > 300"), []string{"unreachable-threshold"}},
		{"deviation", windowed("icmp", "stddev(icmp.type)", "n > 300"), []string{"unreachable-threshold"}},
		{"sum", windowed("icmp", "sum(icmp.type)", "n > 300"), nil},
		{"rate", windowed("icmp", "rate()", "n > 1e9"), nil},
		{"count", windowed("icmp", "count()", "n > 1000000"), nil},
		{"always, said when loading", windowed("icmp", "count()", "n >= 0"), []string{"always-true"}},
		{"always, of a field", windowed("icmp", "max(icmp.type)", "n <= 255"), []string{"unreachable-threshold"}},
		{"always, where there is a gap", strings.Replace(windowed("tcp", "mean(gap())", "n >= 0"), "10s", "60s", 1), nil},
		{"always, where some have the field", windowed("ip", "max(icmp.type)", "n <= 255"), nil},
		{"always, where some meet the condition", windowed("icmp", "max(icmp.type, ip.ttl < 9)", "n <= 255"), nil},
		{"never equal", windowed("icmp", "max(icmp.type)", "n == 256"), []string{"unreachable-threshold"}},
		{"two aggregates", ruleText(`
  where = "tcp"
  by    = ["ip.src"]
  window "10s" {
    n = "distinct(tcp.flags.syn)"
    m = "count()"
  }
  when = "n > 3 * m"`), nil},
		{"off by a variable", `variable "least" {
  default = 0
}
` + windowed("icmp", "max(icmp.type)", "n >= var.least"), nil},
		{"threshold of an override", ruleText(`
  where = "icmp"
  by    = ["ip.src"]
  window "10s" { n = "distinct(icmp.type)" }
  threshold = 20
  when      = "n >= threshold"`) + `
override "r" { threshold = 500 }`, []string{"unreachable-threshold"}},

		// unused-*
		{"unused", `
variable "v" {
  default = 1
}
list "l" {
  type   = "port"
  values = [1]
}
macro "m" {
  expr = "tcp"
}`, []string{"unused-variable", "unused-list", "unused-macro"}},
		{"used by what is unused", `
variable "v" {
  default = 1
}
macro "m" {
  expr = "tcp.dstport == var.v"
}`, []string{"unused-macro"}},
		{"used where there is an error", `
variable "v" {
  default = 1
}
` + ruleText(`where = "tcp.dport == 1 and tcp.dstport == var.v and )"`), []string{"syntax"}},
		{"used by what an override replaces", `
variable "n" {
  description = "n"
  default     = 3
}
variable "p" {
  description = "p"
  default     = 22
}
list "l" {
  description = "l"
  type        = "ip"
  values      = ["10.0.0.1"]
}
macro "m" {
  description = "m"
  expr        = "tcp.dstport == var.p"
}
override "r" {
  threshold = 5
  where     = "tcp"
  actions   = []
}
` + ruleText(`where = "m and not (ip.src in list.l)"
  threshold = var.n
  when = "ip.ttl > threshold"
  notify {
    to      = ["ops"]
    message = "${is_private(ip.src)}"
  }`), nil},
		{"unused threshold", ruleText("where = \"tcp\"\n  threshold = 9"), []string{"unused-threshold"}},
		{"threshold in where", ruleText("where = \"frame.len > threshold\"\n  threshold = 9"), nil},
		{"threshold in an aggregate", ruleText(`where = "tcp"
  threshold = 9
  window "1s" { n = "count(frame.len > threshold)" }
  when = "n > 1"`), nil},

		// constant-feature, learn-too-long, model-block, unused-model
		{"a feature of the key", modelled(`n = "distinct(ip.src)"`, "", ""), []string{"constant-feature"}},
		{"a feature of the key in another way", modelled(`n = "log2(max(len(string(ip.src)))) + 1"`, "", ""), []string{"constant-feature"}},
		{"a number", modelled(`n = "5"`, "", ""), []string{"constant-feature"}},
		{"a count of the key", modelled(`n = "count()"`, "", ""), nil},
		{"a feature of what the key met", modelled(`n = "distinct(ip.dst)"`, "", ""), nil},
		{"a feature under a condition", modelled(`n = "distinct(ip.src, tcp)"`, "", ""), nil},
		{"five weeks", modelled(`n = "count()"`, `learn = "840h"`, ""), []string{"learn-too-long"}},
		{"four weeks", modelled(`n = "count()"`, `learn = "672h"`, ""), nil},
		{"a block on a model", modelled(`n = "count()"`, "", block), []string{"model-block"}},
		{"a quarantine on a model", modelled(`n = "count()"`, "", "  quarantine { target = \"ip.src\" }"), nil},
		{"a model that nothing looks at", "model \"m\" {\n  features = { n = \"count()\" }\n}", []string{"unused-model"}},
		{"a model that a disabled rule looks at", strings.Replace(modelled(`n = "count()"`, "", ""), "severity", "enabled = false\n  severity", 1), nil},

		// window-too-long
		{"a week", acting("tcp", "  window \"168h\" { n = \"count()\" }\n  when = \"n > 9\""), nil},
		{"over a week", acting("tcp", "  window \"169h\" { n = \"count()\" }\n  when = \"n > 9\""), []string{"window-too-long"}},

		{"used under a misspelt name", `
variable "limit" {
  default = 1
}
list "ports" {
  type   = "port"
  values = [1]
}
macro "attempt" {
  expr = "tcp"
}
` + ruleText(`where = "attemt and tcp.dstport in list.port and frame.len > var.limt"`), []string{"unknown-name", "unknown-list", "unknown-variable"}},

		// In a rule with errors what was read is judged, and nothing is concluded from what was not.
		{"where is broken", acting("tcp.dport == 1", block), []string{"unknown-field"}},
		{"an exception is broken", acting("tcp", block+"\n  except \"x\" { where = \"tcp.dport == 1\" }"), []string{"unknown-field"}},
		{"something else is broken", acting("tcp.flags.syn", "  mode = \"loud\"\n  window \"1s\" { n = \"distinct(tcp.flags.syn)\" }\n  when = \"n > 2\"\n"+block),
			[]string{"bad-value", "unreachable-threshold", "spoofable-block"}},
		{"by is broken", ruleText("where = \"tcp.flags.ack\"\n  by = [\"ip.sorce\"]\n  threshold = 9\n  window \"1s\" { n = \"count()\" }\n  when = \"n >= thresold\"\n" + block),
			[]string{"unknown-field", "unknown-name"}},
	}
	covered := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rs, diags := load(tt.text, nil)
			findings := Run(rs, diags)
			var got []string
			for _, f := range findings {
				got = append(got, f.Code)
				covered[f.Code] = true
				if f.File != "rules.hcl" || f.Line < 1 || f.Column < 1 || f.EndLine < f.Line {
					t.Errorf("place of %v", f)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v\n%v", got, tt.want, findings)
			}
		})
	}
	for _, c := range Checks() {
		if !covered[c.Name] {
			t.Errorf("no text gives %q", c.Name)
		}
	}
}

// Every check can be silenced, and a comment that silences nothing is a finding.
func TestIgnored(t *testing.T) {
	bad := map[string]example{}
	for _, e := range examples(t) {
		if e.kind == "bad" {
			bad[e.section] = e
		}
	}
	for _, c := range Checks() {
		e := bad[c.Name]
		lines := strings.Split(e.text, "\n")
		before := lintText(t, e.text, e.set)
		if len(before) == 0 {
			t.Errorf("%s: the bad example is not bad", c.Name)
			continue
		}
		at := before[0].Line - 1
		ignore := "# lint:ignore " + c.Name + " known and wanted"
		silenced := strings.Join(slices.Insert(lines, at, ignore), "\n")
		if after := lintText(t, silenced, e.set); len(after) > 0 {
			t.Errorf("%s: not silenced: %v", c.Name, after)
		}
		clean := ignore + "\n" + ruleText("where = \"tcp\"")
		after := lintText(t, clean, nil)
		if len(after) != 1 || after[0].Code != "unused-ignore" || after[0].Line != 1 {
			t.Errorf("%s: a comment for nothing gives %v", c.Name, after)
		}
	}
}

// In a file with errors only those comments are called unused that certainly are.
func TestUnusedIgnoreWithErrors(t *testing.T) {
	broken := "where = \"tcp.dport == 1\""
	if got := lintText(t, "# lint:ignore spoofable-block why\n"+ruleText(broken), nil); len(got) != 1 || got[0].Code != diag.UnknownField {
		t.Errorf("a comment about a check that did not run: %v", got)
	}
	if got := lintText(t, "# lint:ignore missing-severity why\n"+ruleText(broken), nil); len(got) != 2 || got[0].Code != "unused-ignore" {
		t.Errorf("a comment about a check that ran: %v", got)
	}
}

// An attribute whose name has a typing error is wrong, not missing.
func TestMistyped(t *testing.T) {
	got := lintText(t, "rule \"r\" {\n  descripton = \"d\"\n  sevrity = \"high\"\n  where = \"tcp\"\n}\n", nil)
	if len(got) != 2 || got[0].Code != diag.UnknownAttribute || got[1].Code != diag.UnknownAttribute {
		t.Errorf("%v", got)
	}
	got = lintText(t, "rule \"r\" {\n  description = \"\"\n  colour = \"high\"\n  where = \"tcp\"\n}\n", nil)
	if len(got) != 3 || got[0].Code != "missing-description" || got[1].Code != "missing-severity" || got[2].Code != diag.UnknownAttribute {
		t.Errorf("%v", got)
	}
}

// The shipped rules are clean, also when their files are asked for.
func TestStdlib(t *testing.T) {
	rs, diags := rules.Load(rules.Options{Stdlib: stdlib.FS(), LintCodes: IgnoreCodes()})
	if findings := Run(rs, diags, "stdlib"); len(findings) > 0 {
		t.Errorf("findings in the standard library: %v", findings)
	}
}

// Warnings about shipped files are left out unless they are asked for; errors never are.
func TestShippedFiles(t *testing.T) {
	set := map[string]string{"port_scan_ports": "70000"}
	rs, diags := rules.Load(rules.Options{Stdlib: stdlib.FS(), Set: set, LintCodes: IgnoreCodes()})
	findings := Run(rs, diags)
	if len(findings) != 1 || findings[0].Code != "unreachable-threshold" {
		t.Errorf("70,000 distinct ports: %v", findings)
	}
	for i := range rs.Rules {
		r := *rs.Rules[i]
		r.Description = ""
		rs.Rules[i] = &r
	}
	if got := Run(rs, diags); len(got) != len(findings) {
		t.Errorf("warnings about shipped files: %v", got)
	}
	if got := Run(rs, diags, "./stdlib/"); len(got) != len(findings)+len(rs.Rules) {
		t.Errorf("%d findings where the directory is asked for, want %d", len(got), len(findings)+len(rs.Rules))
	}
}

func TestCodes(t *testing.T) {
	if !slices.IsSortedFunc(Checks(), func(a, b Check) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("Checks is not sorted by code")
	}
	seen := map[string]bool{}
	for _, c := range Codes() {
		if seen[c.Name] {
			t.Errorf("%q stands twice", c.Name)
		}
		seen[c.Name] = true
		if c.Summary == "" || strings.HasSuffix(c.Summary, ".") || !strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%q: the summary is a noun phrase, the doc a sentence: %q, %q", c.Name, c.Summary, c.Doc)
		}
	}
}
