package capture_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
)

// TestOracle compares every field of every packet with what tshark says about it. It runs where
// RULEIDS_ORACLE is a list of capture files and directories, and tshark is installed.
func TestOracle(t *testing.T) {
	paths := os.Getenv("RULEIDS_ORACLE")
	if paths == "" {
		t.Skip("set RULEIDS_ORACLE to a list of capture files and directories to compare the decoder with tshark")
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, path := range filepath.SplitList(paths) {
		files = append(files, captureFiles(t, path)...)
	}
	if len(files) == 0 {
		t.Fatalf("no capture files in %s", paths)
	}
	o := oracle{tshark: tshark, rows: map[string]*oracleRow{}, known: map[string]int{}}
	for _, file := range files {
		if err := o.compare(t, file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	o.report(t)
}

// captureFiles lists path, or the capture files under it.
func captureFiles(t *testing.T, path string) []string {
	var files []string
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name := strings.TrimSuffix(p, ".gz")
		if p == path || slices.Contains([]string{".pcap", ".pcapng", ".cap", ".snoop"}, filepath.Ext(name)) {
			files = append(files, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An oracle gathers what the two sides say about each field.
type oracle struct {
	tshark  string
	files   int
	packets int
	rows    map[string]*oracleRow // by field
	known   map[string]int        // by reason
}

// An oracleRow counts the comparisons of one field.
type oracleRow struct {
	both, neither, differ int
	examples              []string
}

// oracleColumns are what tshark is asked for. frame.protocols says which of several occurrences is
// the innermost packet's.
var oracleColumns = []string{
	"frame.protocols", "frame.len", "frame.cap_len", "frame.time_epoch", "_ws.malformed",
	"eth.src", "eth.dst", "eth.type", "vlan.id", "ieee8021ad.id",
	"arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4",
	"ip.version", "ip.src", "ip.dst", "ip.proto", "ip.ttl", "ip.len", "ip.id", "ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.hdr_len",
	"ipv6.src", "ipv6.dst", "ipv6.nxt", "ipv6.hlim", "ipv6.plen",
	"ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.dstopts.nxt", "ah.next_header", "mip6.proto", "hip.proto", "shim6.nxt",
	"ipv6.fraghdr.nxt", "ipv6.fraghdr.ident", "ipv6.fraghdr.more", "ipv6.fraghdr.offset",
	"tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.window_size_value", "tcp.flags",
	"tcp.flags.fin", "tcp.flags.syn", "tcp.flags.reset", "tcp.flags.push", "tcp.flags.ack", "tcp.flags.urg", "tcp.flags.ece", "tcp.flags.cwr",
	"tcp.payload", "udp.srcport", "udp.dstport", "udp.length", "udp.payload",
	"icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code", "data.data",
	"dns.flags.response", "dns.flags.rcode", "dns.qry.name", "dns.qry.type", "dns.count.answers",
	"dns.a", "dns.aaaa", "dns.cname", "dns.ns", "dns.txt", "dns.resp.ttl", "dns.resp.len",
	"icmp.ident", "icmp.seq", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number",
	"icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address", "icmpv6.nd.rd.target_address", "icmpv6.opt.linkaddr",
	"http.request.method", "http.request.uri", "http.host", "http.user_agent", "http.content_type", "http.response.code",
	"tls.handshake.type", "tls.handshake.version", "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.ja3",
	"ssh.protocol", "dhcp.option.dhcp", "dhcp.hw.mac_addr",
}

// oracleOptions switch off what would move bytes between packets, and the tunnels that Decode
// leaves closed, so that both sides mean the same by the innermost packet.
var oracleOptions = []string{
	"-n", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=\x1f", "-E", "separator=\x1e",
	"-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
	"-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.analyze_sequence_numbers:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE",
	"-o", "dns.desegment_dns_messages:FALSE",
	"--disable-protocol", "teredo", "--disable-protocol", "l2tp", "--disable-protocol", "capwap", "--disable-protocol", "ayiya",
	"--disable-protocol", "lisp-data", "--disable-protocol", "batadv", "--disable-protocol", "ieee8021ah", "--disable-protocol", "vxlan_gpe",
}

const (
	occurrenceSep = "\x1f"
	columnSep     = "\x1e"
)

// compare runs both sides over a file.
func (o *oracle) compare(t *testing.T, file string) error {
	r, err := capture.Open(file)
	if err != nil {
		var fault *capture.Fault
		if errors.As(err, &fault) {
			t.Logf("%s: not read: %v", file, err)
			return nil
		}
		return err
	}
	defer r.Close()
	args := append([]string{"-r", file}, oracleOptions...)
	for _, c := range oracleColumns {
		args = append(args, "-e", c)
	}
	cmd := exec.Command(o.tshark, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait() // its status is 2 for every broken file
	defer out.Close()

	lines := bufio.NewReaderSize(out, 1<<20)
	d := packet.Decoder{NeedDNS: true, Need: packet.AllNeeds, Single: true}
	var p packet.Packet
	var b capture.Batch
	o.files++
	for {
		err := r.Read(&b)
		for i := range b.Frames {
			line, lerr := lines.ReadString('\n')
			if lerr != nil {
				return fmt.Errorf("packet %d: tshark has no more packets: %s", p.Number+1, stderr.String())
			}
			p.Number++
			o.packets++
			d.Unknown, d.Malformed = 0, 0
			d.Decode(&p, &b.Frames[i])
			if d.Unknown+d.Malformed > 1 {
				return fmt.Errorf("packet %d counts as broken %d times", p.Number, d.Unknown+d.Malformed)
			}
			o.packet(file, &p, newDissection(line), d.Unknown > 0, d.Malformed > 0)
		}
		if err != nil {
			if err != io.EOF {
				t.Logf("%s: %v", file, err)
			} else if n := countLines(lines); n > 0 {
				return fmt.Errorf("tshark has %d packets more", n)
			}
			return nil
		}
	}
}

func countLines(r *bufio.Reader) (n int) {
	for {
		if _, err := r.ReadString('\n'); err != nil {
			return n
		}
		n++
	}
}

// packet compares the fields of one packet.
func (o *oracle) packet(file string, p *packet.Packet, s *dissection, unknown, malformed bool) {
	for i := range packet.Fields() {
		f := &packet.Fields()[i]
		if why(f) != "" {
			continue
		}
		row := o.rows[f.Name]
		if row == nil {
			row = new(oracleRow)
			o.rows[f.Name] = row
		}
		has := p.Has(f.Layer)
		ours := ""
		if has {
			ours = oursOf(f, p)
		}
		theirs, have := s.field(f.Name)
		theirs = canonical(f, theirs)
		switch {
		case !has && !have:
			row.neither++
			continue
		case has && have && ours == theirs:
			row.both++
			continue
		}
		if reason := justified(file, f, p, s, unknown, malformed, ours, theirs); reason != "" {
			o.known[reason]++
			continue
		}
		row.differ++
		if len(row.examples) < 8 {
			if !has {
				ours = "(none)"
			}
			if !have {
				theirs = "(none)"
			}
			row.examples = append(row.examples, fmt.Sprintf("%s packet %d: ruleids %.60s, tshark %.60s [%s]",
				file, p.Number, ours, theirs, strings.Join(s.values["frame.protocols"], ":")))
		}
	}
}

// oursOf writes a field as canonical does tshark's.
func oursOf(f *packet.Field, p *packet.Packet) string {
	if f.Many() {
		var c packet.Cursor
		var vs []string
		for c.Begin(f, p); c.Next(); {
			switch f.Kind {
			case packet.KindIP:
				vs = append(vs, c.Addr.String())
			case packet.KindInt:
				vs = append(vs, strconv.FormatInt(c.Int, 10))
			default:
				vs = append(vs, asciiText(c.Bytes))
			}
		}
		return strings.Join(vs, occurrenceSep)
	}
	switch f.Kind {
	case packet.KindBool, packet.KindInt:
		return strconv.FormatInt(f.Int(p), 10)
	case packet.KindMAC:
		return packet.MAC(f.Int(p)).String()
	case packet.KindIP:
		return f.Addr(p).String()
	case packet.KindBytes:
		return hex.EncodeToString(f.Bytes(p))
	case packet.KindString:
		return asciiText(f.Bytes(p))
	case packet.KindFloat: // the only one is the time; a float64 cannot hold its nanoseconds
		sec, nsec := p.Time/1e9, p.Time%1e9
		if nsec < 0 {
			sec, nsec = sec-1, nsec+1e9
		}
		return fmt.Sprintf("%d.%09d", sec, nsec)
	}
	panic("unknown kind of field " + f.Name)
}

// canonical writes a value of tshark's as oursOf does.
func canonical(f *packet.Field, v string) string {
	if one, rest, several := strings.Cut(v, occurrenceSep); several && f.Many() {
		return canonical(f, one) + occurrenceSep + canonical(f, rest)
	}
	switch f.Kind {
	case packet.KindBool:
		switch v {
		case "True":
			return "1"
		case "False":
			return "0"
		}
	case packet.KindInt:
		if n, err := strconv.ParseUint(v, 0, 64); err == nil {
			return strconv.FormatUint(n, 10)
		}
	case packet.KindString:
		// C1 BF, the overlong form of DEL, is no UTF-8, but tshark takes it for DEL and writes that so.
		return asciiText([]byte(strings.ReplaceAll(v, `\u007F`, "\xc1\xbf")))
	}
	return v
}

// asciiText writes a name in the form in which the two sides can be compared: tshark puts U+FFFD for
// each run of bytes that a valid UTF-8 sequence could begin with, so runs of anything but ASCII
// become one. Control characters are escaped as tshark does it.
func asciiText(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		switch {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&s, `\%03o`, c)
		case c < 0x80:
			s.WriteByte(c)
		case i == 0 || b[i-1] < 0x80:
			s.WriteRune(utf8.RuneError)
		}
	}
	return s.String()
}

// Why the two sides may differ. Each is counted in the report.
const (
	whyLink      = "the link type is none that Decode knows"
	whyBroken    = "the header is broken or cut short: tshark shows the fields before the fault, ruleids no part of that layer"
	whyDNSPort   = "tshark takes the payload for DNS on other ports than 53, after a packet that an ICMP error quoted"
	whyLongName  = "the DNS name has more than 255 octets: tshark shows a remark, ruleids the beginning of the name"
	whyICMP      = "tshark has no field for the payload of ICMP"
	whyPart      = "the segment holds part of a DNS message: tshark decodes that part, ruleids whole messages"
	whyFragment  = "of the first fragment of a TCP segment tshark gives no length, ruleids that of the part"
	whyLength0   = "the IPv6 header says 0, ruleids the rest of the frame"
	whyChain     = "a broken IPv6 extension header: ruleids gives its own number, tshark what it announces"
	whyInner     = "a broken packet in a tunnel: tshark shows its fields before the fault, ruleids the outer packet"
	whyFamily    = "tshark takes ICMP and ICMPv6 in IP of either version"
	whyReset     = "tshark takes the text in a segment with RST for the reason of the reset, and for no payload"
	whyOptions   = "the TCP segment ends within its options: tshark gives it no length, ruleids 0"
	whyVariant   = "tshark takes the broken file for another variant of pcap, with a longer record header"
	whyClock     = "tshark cannot print a time whose microseconds are a second or more"
	whyShort     = "of a TCP header that a fragment cuts short ruleids has only the ports, as src.port and dst.port"
	whySSDP      = "tshark has the fields of HTTP for SSDP too, which is over UDP"
	whyHead      = "the segment holds a part of a message head: tshark shows the fields in it, ruleids those of whole heads"
	whySecond    = "the message head does not begin with the segment"
	whySeveral   = "several messages, or fields of one name, are in the packet: tshark shows all, ruleids the first"
	whyGuess     = "tshark takes the payload for another protocol, by its port or by what came before"
	whyNUL       = "tshark ends a text at a byte 0"
	whyARP       = "ARP in a tunnel: ruleids has the fields of what is inside, tshark's ends are those of the outer packet"
	whyEmpty     = "tshark shows no empty text"
	whyTLSPart   = "the hello is in a record with other messages that goes on: tshark waits for all of it"
	whyExtension = "IPv6 extension headers are before ICMPv6: tshark does not say how long they are"
	whyISL       = "Cisco ISL is no Ethernet for tshark"
)

// justified returns why a difference is right as it is, or "".
func justified(file string, f *packet.Field, p *packet.Packet, s *dissection, unknown, malformed bool, ours, theirs string) string {
	has := p.Has(f.Layer)
	message, _, _ := strings.Cut(f.Name, ".")
	switch {
	case (strings.HasPrefix(f.Name, "tcp.") || f.Name == "payload") && !has && p.MF && p.Has(packet.LayerPorts):
		return whyShort
	case message == "http" && strings.Contains(s.values["frame.protocols"][0], "ssdp"):
		return whySSDP
	case (message == "http" || message == "tls" || message == "ssh") && !has && theirs != "" && p.Has(packet.LayerTCP):
		if _, need := application.Scan(p.Payload); need > 0 {
			return whyHead
		}
		return whySecond
	case p.Has(packet.LayerARP | packet.LayerTunnel):
		return whyARP
	case message == "http" && has && strings.Contains(ours, `\0`) && theirs != "":
		return whyNUL
	case message == "http" && has && strings.Contains(strings.Join(s.values[f.Name], occurrenceSep), ours):
		return whySeveral
	case (message == "http" || message == "tls" || message == "ssh" || message == "dhcp") && has && theirs == "" && !slices.Contains(s.protocols, message):
		return whyGuess
	case message == "tls" && has && theirs == "":
		return whyTLSPart
	case unknown && !has:
		return whyLink
	case malformed && !has:
		return whyBroken
	case malformed && s.count("ip", len(s.protocols))+s.count("ipv6", len(s.protocols)) > 1:
		return whyInner
	case malformed && f.Name == "ip.proto" && p.IPVersion == 6:
		return whyChain
	case f.Name == "icmpv6.data_len" && theirs == "":
		return whyExtension
	case f.Name == "ip.len" && p.IPVersion == 6 && theirs == "40":
		return whyLength0
	case f.Name == "tcp.len" && p.MF && theirs == "":
		return whyFragment
	case strings.HasPrefix(f.Name, "icmp") && !has && (f.Layer == packet.LayerICMP) == (p.IPVersion == 6):
		return whyFamily
	case strings.HasPrefix(f.Name, "dns.") && !has && p.Has(packet.LayerTCP):
		return whyPart
	case theirs == "<Name too long>" && (len(ours) == 253 || f.Many()):
		return whyLongName
	case f.Name == "dns.txt" && ours == "" && theirs == "":
		return whyEmpty
	case strings.HasPrefix(f.Name, "dns.") && !has && p.SrcPort != 53 && p.DstPort != 53:
		return whyDNSPort
	case f.Name == "payload" && p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0:
		if data := s.values["data.data"]; len(data) != 1 || strings.HasSuffix(ours, data[0]) {
			return whyICMP
		}
	case f.Name == "payload" && p.Has(packet.LayerTCP) && p.TCPFlags&packet.FlagRST != 0 && theirs == "":
		return whyReset
	case f.Name == "tcp.len" && malformed && theirs == "":
		return whyOptions
	case filepath.Base(file) == "pcap-absurd-caplen.pcap" && p.Number == 1:
		return whyVariant
	case f.Name == "frame.time_epoch" && strings.HasPrefix(theirs, "-0."):
		return whyClock
	case strings.HasPrefix(f.Name, "eth.") && p.EthDst>>8 == 0x01000c0000:
		return whyISL
	}
	return ""
}

// report prints the table and fails for what differs.
func (o *oracle) report(t *testing.T) {
	var w strings.Builder
	fmt.Fprintf(&w, "%d files, %d packets\n\n%-22s %10s %10s %10s\n", o.files, o.packets, "field", "equal", "neither", "differ")
	for i := range packet.Fields() {
		if row := o.rows[packet.Fields()[i].Name]; row != nil {
			fmt.Fprintf(&w, "%-22s %10d %10d %10d\n", packet.Fields()[i].Name, row.both, row.neither, row.differ)
		}
	}
	w.WriteString("\nknown differences, in fields of packets:\n")
	for _, reason := range slices.Sorted(maps.Keys(o.known)) {
		fmt.Fprintf(&w, "%8d  %s\n", o.known[reason], reason)
	}
	w.WriteString("\nnot compared:\n")
	for i := range packet.Fields() {
		if f := &packet.Fields()[i]; why(f) != "" {
			fmt.Fprintf(&w, "%-22s %s\n", f.Name, why(f))
		} else if row := o.rows[f.Name]; row == nil || row.both == 0 {
			fmt.Fprintf(&w, "%-22s no packet of these captures has it\n", f.Name)
		}
	}
	t.Log(w.String())
	for _, name := range slices.Sorted(maps.Keys(o.rows)) {
		if row := o.rows[name]; row.differ > 0 {
			t.Errorf("%s differs in %d packets, as in\n\t%s", name, row.differ, strings.Join(row.examples, "\n\t"))
		}
	}
}
