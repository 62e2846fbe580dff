package main

import (
	"fmt"
	"strings"
)

// base are the detectors that are also written by hand.
var base = []string{"port_scan", "syn_flood", "icmp_flood", "suspicious_port", "arp_spoof", "dns_tunnel", "data_exfil", "brute_force"}

// manyRules is how many rules loading is measured with, besides the shipped ones.
const manyRules = 10_000

// others writes n rules of the shapes that rule sets are made of, for traffic that the bench does not
// have: other ports, other addresses, flags with either, windows over all of them.
func others(n int) string {
	var b strings.Builder
	for i := range n {
		where := ""
		switch i % 5 {
		case 0:
			where = fmt.Sprintf("tcp.dstport == %d and tcp.flags.syn and not tcp.flags.ack", 10000+i%20000)
		case 1:
			where = fmt.Sprintf("ip.src in ['100.%d.%d.0/24', '101.%d.0.0/16']", 64+i/256%64, i%256, i%256)
		case 2:
			where = fmt.Sprintf("ip.dst == '102.%d.%d.7' and tcp.dstport in [80, 443, 8080]", i/256%256, i%256)
		case 3:
			where = fmt.Sprintf("udp.dstport in [%d, %d] and len(payload) > 100", 20000+i%10000, 20001+i%10000)
		case 4:
			where = fmt.Sprintf("tcp.flags.ack and ip.src == '103.%d.%d.9' and tcp.dstport < 1024 and ip.ttl < 32", i/256%256, i%256)
		}
		fmt.Fprintf(&b, "rule \"other_%d\" {\n  description = \"Rule %d for other traffic.\"\n  severity = \"low\"\n  where = \"%s\"\n  by = [\"ip.src\"]\n", i, i, where)
		if i%2 == 0 {
			fmt.Fprintf(&b, "  window \"%ds\" { n = \"count()\" }\n  threshold = %d\n  when = \"n >= threshold\"\n", 5+i%30, 10+i%50)
		}
		b.WriteString("}\n")
	}
	return b.String()
}
