package main

import (
	"fmt"
	"strings"
)

// A construct of the language is measured by a rule that needs it.
type construct struct {
	name string // of the benchmark
	text string // what is shown of the rule
	rule string // without its name, description and severity; "R" in it is the name
}

// plainRule is the rule that others are compared with: the same packets, key and span.
const plainRule = "count()"

// windowed is a rule with one aggregate over the TCP packets of a source.
func windowed(aggregate string) construct {
	return construct{aggregate, "`" + aggregate + "`", fmt.Sprintf("  where = \"tcp\"\n  by = [\"ip.src\"]\n  window \"10s\" { x = %q }\n  when = \"x > 1000000000\"\n", aggregate)}
}

// constructs are what the language has for the state of a key, each in a rule that never fires, but where it is to.
var constructs = []construct{
	windowed(plainRule),
	windowed("distinct(tcp.dstport)"),
	windowed("distinct([ip.dst, tcp.dstport])"),
	windowed("sum(ip.len)"),
	windowed("stddev(ip.len)"),
	windowed("changes(ip.dst)"),
	windowed("mean(gap())"),
	windowed("cv(gap())"),
	windowed("median(gap())"),
	windowed("percentile(ip.len, 95)"),
	{"level", "two `level` blocks", "  where = \"tcp\"\n  by = [\"ip.src\"]\n  window \"10s\" { x = \"count()\" }\n  threshold = 1000000\n  when = \"x >= threshold\"\n" +
		"  level \"high\" { when = \"x >= 2 * threshold\" }\n  level \"critical\" { when = \"x >= 4 * threshold\" }\n"},
	{"silent", "`silent`, and a rule that counts", "  silent = true\n  where = \"tcp\"\n  by = [\"ip.src\"]\n  window \"10s\" { x = \"count()\" }\n  when = \"x > 1000000000\"\n"},
	{"first", "`first([ip.src, ip.dst])` in a `memory`", "  where = \"tcp\"\n  by = [\"ip.src\"]\n  memory \"1h\" { fresh = \"first([ip.src, ip.dst])\" }\n  when = \"fresh and ip.len > 1000000\"\n"},
	{"sequence", "`sequence` of two steps, for each SYN and FIN", "  sequence \"10m\" {\n    step \"open\" {\n      where = \"tcp.flags.syn and not tcp.flags.ack\"\n      by = [\"ip.src\", \"src.port\"]\n    }\n" +
		"    step \"close\" {\n      where = \"tcp.flags.fin and tcp.dstport == 9\"\n      by = [\"ip.src\", \"src.port\"]\n    }\n  }\n"},
	{"absent", "`absent`, for each SYN", "  sequence \"1h\" {\n    step \"open\" {\n      where = \"tcp.flags.syn and not tcp.flags.ack\"\n      by = [\"ip.src\", \"src.port\"]\n    }\n" +
		"    absent \"close\" {\n      where = \"tcp.flags.fin and tcp.dstport == 9\"\n      by = [\"ip.src\", \"src.port\"]\n    }\n  }\n"},
	{"track", "`track` at each SYN, and `in list` at each packet", "  silent = true\n  where = \"tcp.flags.syn and not tcp.flags.ack\"\n  track \"seen\" { value = \"ip.src\" }\n}\nlist \"seen\" {\n  type = \"ip\"\n  for = \"1h\"\n  max = 100000\n}\n" +
		"rule \"reader\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp and ip.dst in list.seen and ip.len < 20\"\n"},
	{"conn", "`conn.retransmission`", "  where = \"conn.retransmission and ip.len < 20\"\n"},
	{"connection", "`on = \"connection\"`", "  on = \"connection\"\n  where = \"ip.proto == 6 and conn.bytes_out > 1000000000000\"\n"},
	{"flow", "`flow.packets`", "  where = \"flow.packets > 1000000000\"\n"},
}

// constructTable compares the constructs in results; "" where there are none.
func (r *results) constructTable() string {
	var b strings.Builder
	read, ok := r.median("Constructs/none cpu-ns/packet")
	plain, okPlain := r.median("Constructs/" + benchName(constructs[0].name) + " cpu-ns/packet")
	if !ok || !okPlain {
		return ""
	}
	b.WriteString("| construct | processor time of a packet, on top of reading and decoding | beside `count()` | bytes a key |\n| --- | ---: | ---: | ---: |\n")
	for i := range constructs {
		c := &constructs[i]
		ns, ok := r.median("Constructs/" + benchName(c.name) + " cpu-ns/packet")
		if !ok {
			continue
		}
		size := "–"
		if bytes, ok := r.median("Constructs/" + benchName(c.name) + " B/key"); ok && bytes > 0 {
			size = fmt.Sprintf("%.0f", bytes)
		}
		fmt.Fprintf(&b, "| %s | %.0f ns | %.1f | %s |\n", c.text, ns-read, (ns-read)/(plain-read), size)
	}
	return b.String()
}

// benchName writes a name as package testing does.
func benchName(name string) string { return strings.ReplaceAll(name, " ", "_") }
