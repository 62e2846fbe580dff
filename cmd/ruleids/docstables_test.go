package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

// docsTables are the tables that the program knows best, by page.
var docsTables = map[string]map[string]func(*testing.T) string{
	"README.md":       {"commands": commandTable, "rules": ruleTable},
	"CONTRIBUTING.md": {"house": houseTable},
	"docs/rules.md":   {"fields": fieldTable, "functions": functionTable, "codes": codeTable, "links": linkTable},

	"docs/operations.md": {"settings": settingTable, "metrics": metricTable},
}

// TestDocsTables holds the tables between markers to be those of the program.
func TestDocsTables(t *testing.T) {
	for name, tables := range docsTables {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		for table, generate := range tables {
			begin := fmt.Sprintf("<!-- %s: begin, written by: go test ./cmd/ruleids -run TestDocs -update -->\n", table)
			end := fmt.Sprintf("<!-- %s: end -->\n", table)
			before, rest, ok1 := strings.Cut(page, begin)
			_, after, ok2 := strings.Cut(rest, end)
			if !ok1 || !ok2 {
				t.Errorf("%s has no place for the table of %s", name, table)
				continue
			}
			want := before + begin + generate(t) + end + after
			if want != page && !*update {
				t.Errorf("the table of %s in %s is not up to date; run: go test ./cmd/ruleids -run TestDocs -update", table, name)
			}
			page = want
		}
		if *update {
			writePage(t, name, []byte(page))
		}
	}
}

// inCell writes text so that it ends no cell and is no tag of HTML.
var inCell = strings.NewReplacer("|", `\|`, "<", "&lt;")

// row is a row of a Markdown table.
func row(cells ...string) string {
	for i, c := range cells {
		cells[i] = inCell.Replace(c)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func fieldTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("field", "type", "is there", "meaning") + row("---", "---", "---", "---"))
	for _, f := range packet.Fields() {
		kind := f.Kind.String()
		if f.Kind == packet.KindInt && f.Max < 1<<63-1 {
			kind += fmt.Sprintf(", 0 to %d", f.Max)
		}
		if f.Many() {
			kind += ", several"
		}
		b.WriteString(row("`"+f.Name+"`", kind, presenceWords(&f), f.Doc))
	}
	return b.String()
}

func settingTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("setting", "type", "default", "meaning") + row("---", "---", "---", "---"))
	for _, s := range config.Settings() {
		b.WriteString(row("`"+s.Name+"`", s.Type(), "`"+s.String()+"`", s.Doc))
	}
	return b.String()
}

func metricTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("metric", "kind", "labels", "meaning") + row("---", "---", "---", "---"))
	for _, m := range agent.Metrics() {
		b.WriteString(row("`"+m.Name+"`", m.Kind(), strings.Join(m.Labels, ", "), m.Help))
	}
	return b.String()
}

// presenceWords says which events have a field.
func presenceWords(f *packet.Field) string {
	switch f.Layer {
	case packet.LayerFrame:
		if len(f.Events) > 1 {
			return "always"
		}
		return "every packet"
	case packet.LayerPorts:
		return "TCP, UDP"
	case packet.LayerEthType:
		return "Ethernet II"
	case packet.LayerARPIPv4:
		return "ARP for IPv4"
	case packet.LayerDNSResponse:
		return "DNS responses"
	case packet.LayerDNSQuery:
		return "DNS with a question"
	case packet.LayerPayload:
		return "TCP, UDP, ICMP, ICMPv6"
	case packet.LayerFlow:
		return "every IP packet"
	case packet.LayerConn:
		return "every TCP or UDP packet"
	case packet.LayerHoneypot, packet.LayerAlert, packet.LayerAuth, packet.LayerConnection, packet.LayerModel:
		return fmt.Sprintf("on = %q", f.Layer.String())
	}
	return map[string]string{
		"eth": "Ethernet", "vlan": "VLAN tags", "arp": "ARP", "ip": "IPv4, IPv6", "tcp": "TCP", "udp": "UDP",
		"icmp": "ICMP", "icmpv6": "ICMPv6", "dns": "DNS", "dns answers": "DNS but UPDATE",
		"tunnel": "a tunnel", "tunnel (UDP)": "a tunnel over UDP",
		"icmp, icmp identifier": "ICMP that is answered", "icmpv6, icmp identifier": "ICMPv6 echo",
		"icmpv6 nd target": "neighbor discovery", "icmpv6 nd link-layer address": "neighbor discovery with the option",
		"dns records": "DNS with a record", "dns record but OPT": "DNS with a record but OPT", "dns record A": "DNS with such a record", "dns record AAAA": "DNS with such a record",
		"dns record CNAME": "DNS with such a record", "dns record TXT": "DNS with such a record", "dns record NS": "DNS with such a record",
		"http request": "head of a request", "http response": "head of a response", "http host": "head of a request that has it",
		"http user agent": "head of a request that has it", "http content type": "head that has it",
		"tls": "hello", "tls server name": "ClientHello that has it", "tls alpn": "hello that has it", "tls ja3": "ClientHello", "tls ja4": "ClientHello",
		"ssh": "banner", "dhcp type": "DHCP", "dhcp client": "DHCP for Ethernet",
	}[f.Layer.String()]
}

// linkTypes are the link types that Decode knows, by number.
var linkTypes = []struct {
	link packet.LinkType
	doc  string
}{
	{packet.LinkNull, "BSD loopback: address family in the byte order of the capturing host"},
	{packet.LinkEthernet, "Ethernet"},
	{packet.LinkPPP, "PPP, with or without HDLC address and control"},
	{packet.LinkFDDI, "FDDI"},
	{packet.LinkRawBSD, "raw IP, as some systems number it"},
	{packet.LinkRawBSDI, "raw IP, as some systems number it"},
	{packet.LinkPPPHDLC, "PPP in HDLC-like framing (RFC 1662), and Cisco HDLC in it"},
	{packet.LinkPPPoE, "PPPoE session (RFC 2516)"},
	{packet.LinkRaw, "raw IP, version from its first four bits"},
	{packet.LinkCiscoHDLC, "Cisco HDLC"},
	{packet.LinkWireless, "IEEE 802.11: data frames that are not encrypted"},
	{packet.LinkLoop, "OpenBSD loopback: address family in network byte order"},
	{packet.LinkLinuxSLL, "Linux cooked capture"},
	{packet.LinkRadiotap, "IEEE 802.11 with a radiotap header"},
	{packet.LinkPPI, "per-packet information before IEEE 802.11 or another of these"},
	{packet.LinkIPv4, "raw IPv4"},
	{packet.LinkIPv6, "raw IPv6"},
	{packet.LinkNFLOG, "Linux netfilter log"},
	{packet.LinkPKTAP, "Apple PKTAP before another of these"},
	{packet.LinkLinuxSLL2, "Linux cooked capture v2"},
}

func linkTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| number | link type |\n| --- | --- |\n")
	for _, l := range linkTypes {
		fmt.Fprintf(&b, "| %d | %s |\n", l.link, l.doc)
	}
	return b.String()
}

func functionTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("function", "value", "meaning") + row("---", "---", "---"))
	for _, f := range ast.Functions() {
		call, value, _ := strings.Cut(f.Signature, ") ")
		b.WriteString(row("`"+call+")`", value, f.Doc))
	}
	return b.String()
}

func codeTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("code", "severity", "says") + row("---", "---", "---"))
	for _, c := range lint.Codes() {
		severity := diag.SeverityError
		if c.Severity == hcl.DiagWarning {
			severity = diag.SeverityWarning
		}
		b.WriteString(row(fmt.Sprintf("[`%s`](lint.md#%s)", c.Name, c.Name), severity, c.Doc))
	}
	return b.String()
}

func commandTable(*testing.T) string {
	var b strings.Builder
	b.WriteString(row("command", "does") + row("---", "---"))
	for _, c := range (&app{}).command().Commands() {
		b.WriteString(row("`ruleids "+c.Use+"`", c.Short))
	}
	return b.String()
}

func ruleTable(t *testing.T) string {
	t.Helper()
	rs, diags := rules.Load(rules.Options{Stdlib: stdlib.FS()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var b strings.Builder
	b.WriteString(row("rule", "fires when", "severity", "ATT&CK", "response declared") + row("---", "---", "---", "---", "---"))
	for _, r := range rs.Rules {
		var kinds []string
		for _, a := range r.Actions {
			kinds = append(kinds, a.Kind)
		}
		response := strings.Join(kinds, ", ")
		if !r.Enabled {
			response = or(response, "none") + "; off by default"
		}
		b.WriteString(row(fmt.Sprintf("[`%s`](docs/rules/%s.md)", r.Name, r.Name), r.Description, r.Severity.String(), strings.Join(r.Attack, " "), response))
	}
	return b.String()
}

// houseTable is the rows of TestDependencies, highest first, with what the packages say they are.
func houseTable(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-f", "{{.ImportPath}}\t{{.Doc}}", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, doc, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		docs[local(path)] = doc
	}
	var b strings.Builder
	b.WriteString(row("level", "package", "is", "may import") + row("---", "---", "---", "---"))
	for _, l := range slices.Backward(house) {
		doc, ok := docs[l.path]
		if !ok {
			continue // a place that is kept for a package to come
		}
		doc = docSubject.ReplaceAllString(doc, "")
		b.WriteString(row(fmt.Sprint(l.level), "`"+l.path+"`", strings.TrimSuffix(doc, "."), or(strings.Join(l.may, " "), "none of these")))
	}
	return b.String()
}

var (
	docSubject  = regexp.MustCompile(`^(Package|Command) \w+ `)
	pageHeading = regexp.MustCompile("^#+ (.*)$")
	pageLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// TestDocsLinks follows the links within the repository, to files and to headings.
func TestDocsLinks(t *testing.T) {
	anchors := map[string][]string{}
	for _, name := range pages(t) {
		for _, line := range prose(readPage(t, name)) {
			if m := pageHeading.FindStringSubmatch(line); m != nil {
				anchors[name] = append(anchors[name], anchor(m[1]))
			}
		}
	}
	for _, name := range pages(t) {
		for _, line := range prose(readPage(t, name)) {
			for _, m := range pageLink.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				target, at, _ := strings.Cut(m[1], "#")
				to := name
				if target != "" {
					to = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
				}
				if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
					t.Errorf("%s links to %s, which is not there", name, to)
				} else if at != "" && !slices.Contains(anchors[to], at) {
					t.Errorf("%s links to %s, which has no heading %q", name, to, at)
				}
			}
		}
	}
}

// prose returns the lines of a page that are in no fenced block.
func prose(p *page) []string {
	var out []string
	fenced := false
	for _, line := range p.lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		} else if !fenced {
			out = append(out, line)
		}
	}
	return out
}

// anchor is what a heading can be linked by, as GitHub makes it.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
