package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/assets"
)

// mapReasons are what the map of a capture says otherwise than tshark, and why; the key is the capture, and what is named.
var mapReasons = map[string]string{}

// TestMapNamesWhatTsharkNames holds the map of each capture at hand to tshark: every endpoint that sent an IP packet is a host,
// and every TCP and UDP conversation that both sides took part in is with a service of one of them; of TCP, that of the side
// that accepted it.
func TestMapNamesWhatTsharkNames(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	dir := capturesDir(t)
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("no tshark to compare with")
	}
	files, err := filepath.Glob(filepath.Join(dir, "real", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no captures", err)
	}
	hosts, services, other := 0, 0, 0
	used := map[string]bool{}
	for _, file := range files {
		base := filepath.Base(file)
		differs := func(format string, args ...any) {
			what := base + ": " + fmt.Sprintf(format, args...)
			other++
			if mapReasons[what] == "" {
				t.Error(what)
			}
			used[what] = true
		}
		known := map[netip.Addr]*assets.Host{}
		for _, h := range exportOf(t, file) {
			known[h.IP] = &h
		}
		offered := func(a netip.AddrPort, proto string) bool {
			h := known[a.Addr()]
			if h == nil {
				return false
			}
			for _, s := range h.Services {
				if s.Port == a.Port() && s.Proto == proto {
					return true
				}
			}
			return false
		}
		stats := tsharkLines(t, tshark, file, "-q", "-z", "endpoints,ip", "-z", "endpoints,ipv6", "-z", "conv,tcp", "-z", "conv,udp")
		for _, ip := range tsharkEndpoints(stats) {
			hosts++
			if known[ip] == nil {
				differs("host %s", ip)
			}
		}
		segments := tsharkSegments(t, tshark, file)
		for _, c := range tsharkConversations(stats) {
			if c.sent[0] == 0 || c.sent[1] == 0 {
				continue
			}
			if c.proto == "tcp" {
				accepted, by := segments.accepted(c)
				if !accepted {
					continue
				}
				services++
				if by.IsValid() && !offered(by, "tcp") {
					differs("service %s/tcp", by)
				}
				if by.IsValid() {
					continue
				}
			} else {
				services++
			}
			if !offered(c.ends[0], c.proto) && !offered(c.ends[1], c.proto) {
				differs("%s conversation of %s and %s", c.proto, c.ends[0], c.ends[1])
			}
		}
	}
	for what := range mapReasons {
		if !used[what] {
			t.Errorf("%s does not differ any more", what)
		}
	}
	t.Logf("%d captures, %d hosts, %d conversations with a service, %d differences", len(files), hosts, services, other)
	if hosts < 1000 || services < 1000 {
		t.Errorf("only %d hosts and %d conversations were compared", hosts, services)
	}
}

// exportOf returns the hosts of a capture, as the program says them.
func exportOf(t *testing.T, file string) []assets.Host {
	t.Helper()
	cmd := exec.Command("ruleids", "assets", "export", "-r", file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && errs.Len() == 0 {
		t.Fatal(file, err)
	}
	var hosts []assets.Host
	if err := json.Unmarshal(out.Bytes(), &hosts); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, errs.String())
	}
	return hosts
}

// tsharkLines returns lines of tshark's output. What it says of captures that are cut short does not matter.
func tsharkLines(t *testing.T, tshark, file string, args ...string) []string {
	t.Helper()
	out, err := exec.Command(tshark, append([]string{"-n", "-r", file}, args...)...).Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("tshark %v: %v", args, err)
	}
	return strings.Split(string(out), "\n")
}

// tsharkEndpoints returns the addresses of single hosts that sent something.
func tsharkEndpoints(lines []string) (out []netip.Addr) {
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) < 7 {
			continue
		}
		ip, err := netip.ParseAddr(f[0])
		if err != nil || f[3] == "0" || ip.IsMulticast() || ip.IsUnspecified() || ip == netip.MustParseAddr("255.255.255.255") {
			continue
		}
		out = append(out, ip)
	}
	return out
}

// A tsharkConversation is a line of conv,tcp or conv,udp.
type tsharkConversation struct {
	proto string
	ends  [2]netip.AddrPort
	sent  [2]int // frames by each
}

var conversationLine = regexp.MustCompile(`^(\S+):(\d+)\s+<->\s+(\S+):(\d+)\s+(\d+)\s+[\d,.]+ ?\w*\s+(\d+)\s`)

func tsharkConversations(lines []string) (out []tsharkConversation) {
	proto := ""
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "TCP Conversations"):
			proto = "tcp"
		case strings.HasPrefix(line, "UDP Conversations"):
			proto = "udp"
		}
		m := conversationLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := tsharkConversation{proto: proto, ends: [2]netip.AddrPort{addrPort(m[1], m[2]), addrPort(m[3], m[4])}}
		if a, b := c.ends[0].Addr(), c.ends[1].Addr(); a.IsMulticast() || b.IsMulticast() {
			continue
		}
		// The first number is of what the right one sent.
		c.sent[1], _ = strconv.Atoi(m[5])
		c.sent[0], _ = strconv.Atoi(m[6])
		out = append(out, c)
	}
	return out
}

func addrPort(ip, port string) netip.AddrPort {
	a, err := netip.ParseAddr(ip)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, uint16(n))
}

// segments are what each side of a TCP conversation sent, by both ends.
type segments map[[2]netip.AddrPort]*struct{ synAck, plain, payload bool }

func tsharkSegments(t *testing.T, tshark, file string) segments {
	out := segments{}
	for _, line := range tsharkLines(t, tshark, file, "-Y", "tcp", "-T", "fields", "-E", "occurrence=l", "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport",
		"-e", "ip.dst", "-e", "ipv6.dst", "-e", "tcp.dstport", "-e", "tcp.flags", "-e", "tcp.len") {
		f := strings.Split(line, "\t")
		if len(f) < 8 {
			continue
		}
		flags, err := strconv.ParseUint(strings.TrimPrefix(f[6], "0x"), 16, 16)
		if err != nil {
			continue
		}
		k := [2]netip.AddrPort{addrPort(f[0]+f[1], f[2]), addrPort(f[3]+f[4], f[5])}
		if out[k] == nil {
			out[k] = new(struct{ synAck, plain, payload bool })
		}
		const syn, rst, ack = 2, 4, 16
		s := out[k]
		s.synAck = s.synAck || flags&(syn|rst|ack) == syn|ack
		s.plain = s.plain || flags&(syn|rst) == 0
		s.payload = s.payload || flags&(syn|rst) == 0 && f[7] != "0" && f[7] != ""
	}
	return out
}

// accepted reports whether a conversation was accepted, and by whom where SYN with ACK shows it: otherwise both sides sent
// something that is no RST, one of them payload.
func (s segments) accepted(c tsharkConversation) (accepted bool, by netip.AddrPort) {
	a, b := s[[2]netip.AddrPort{c.ends[0], c.ends[1]}], s[[2]netip.AddrPort{c.ends[1], c.ends[0]}]
	switch {
	case a == nil || b == nil:
		return false, by
	case a.synAck && !b.synAck:
		return true, c.ends[0]
	case b.synAck && !a.synAck:
		return true, c.ends[1]
	}
	return a.plain && b.plain && (a.payload || b.payload), by
}
