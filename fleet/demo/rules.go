package demo

import (
	"fmt"

	"github.com/ruleids/ruleids/fleet/bundle"
)

// costs makes up what rules cost.
func costs() map[string]float64 {
	out := map[string]float64{}
	for i, k := range kinds {
		out[k.rule] = 0.4 + float64(i*7%11)
	}
	return out
}

// RuleSets returns two rule sets of the fleet: the second changes the first.
func RuleSets() [2][]bundle.File {
	const site = `list "scanners" {
  description = "Hosts that scan on our behalf."
  type        = "ip"
  values      = [%s]
}

override "port_scan" {
  threshold = %s

  except "scanners" { where = "ip.src in list.scanners" }
}
`
	const telnet = `rule "telnet_inside" {
  description = "A host of the office opens a Telnet connection."
  severity    = "low"
  category    = "policy"
  where       = "new_connection and tcp.dstport == 23"
  cooldown    = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} opened Telnet to ${ip.dst}"
  }
}
`
	const exceptions = `# Exceptions that were made on the page of the server.

override "brute_force" {
  except "the monitoring" { where = "ip.src == '10.11.0.30'" }
}
`
	site1, site2 := bundle.File{Name: "site.hcl", Text: fmt.Sprintf(site, `"10.11.0.9"`, "15")}, bundle.File{Name: "site.hcl", Text: fmt.Sprintf(site, `"10.11.0.9", "10.31.0.9"`, "25")}
	return [2][]bundle.File{
		{{Name: "policy.hcl", Text: telnet}, site1},
		{{Name: "exceptions.hcl", Text: exceptions}, {Name: "policy.hcl", Text: telnet}, site2},
	}
}
