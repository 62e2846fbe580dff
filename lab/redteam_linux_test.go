package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// The addresses of those who must not be kept out, nor be accused.
const (
	collector  = "198.51.100.9"  // the syslog server that the sensor writes to
	downloader = "198.51.100.50" // who sends what was asked for
	honest     = "203.0.113.84"  // who ends its connections
)

// burstRule blocks for a second whoever sends 20 SYNs to port 7, forged or not.
const burstRule = `rule "burst" {
  description = "Many connections to a port that nobody uses."
  severity    = "high"
  where       = "tcp.flags.syn and tcp.dstport == 7"
  by          = ["ip.src"]
  window "5s" {
    syns = "count()"
  }
  threshold = 20
  when      = "syns >= threshold"
  cooldown  = "1s"
  block {
    target    = "ip.src"
    for       = "1s"
    spoofable = "accept"
  }
}
`

// A siege is a sensor that enforces, and somebody on its link who writes frames as they like.
type siege struct {
	*sensor
	t    *testing.T // of the attack that goes on
	lan  *lan
	out  *sender
	mac  net.HardwareAddr // of the sensor
	mail *record[string]  // what came to the syslog server
	sets []string         // the command that lists the sets of the firewall
	may  map[string]bool  // targets of decisions that are right
}

// TestRedTeam attacks a sensor that enforces with what would have the wrong one kept out, or go unseen. Each attack has
// addresses of its own.
func TestRedTeam(t *testing.T) {
	need(t, "ip", "ethtool", "ipset", "nmap")
	for _, b := range backends {
		for workers := 1; workers <= 2; workers++ {
			if b.name == "iptables-legacy" {
				continue // differs from the other iptables in nothing that an attacker sees
			}
			t.Run(fmt.Sprintf("%s, workers %d", b.name, workers), func(t *testing.T) {
				need(t, b.tools...)
				t.Parallel()
				s := besiege(t, append([]string{`mode = "enforce"`}, b.settings...), workers)
				s.sets = []string{"ipset", "save"}
				if b.name == "nftables" {
					s.sets = []string{"nft", "list", "ruleset"}
				}
				download := s.download()
				for _, attack := range []struct {
					name string
					run  func(*siege)
				}{
					{"tunnels", (*siege).tunnels},
					{"the syslog server", (*siege).forgeCollector},
					{"link-local addresses", (*siege).forgeLinkLocal},
					{"IPv4-mapped addresses", (*siege).forgeMapped},
					{"a block again and again", (*siege).forgeAgain},
					{"wrong checksums", (*siege).insert},
					{"fragments", (*siege).fragment},
					{"a network of IPv6", (*siege).scanFromNetwork},
				} {
					t.Run(attack.name, func(t *testing.T) {
						s.as(t)
						attack.run(s)
					})
				}
				if err := <-download; err != nil {
					t.Fatal(err)
				}
				s.as(t)
				s.punished("198.51.100.51")
				s.stop()
				for _, l := range s.audit() {
					if l.Event == decision.Decided && !s.may[l.address()] {
						t.Errorf("a decision about %s by %s", l.address(), l.Rule)
					}
				}
				written := readEVE(t, filepath.Join(s.dir, "eve.json"))
				for _, l := range written {
					if l.SrcIP == downloader || l.SrcIP == honest && l.RuleIDs.Rule == "syn_ratio" {
						t.Errorf("an alert without a reason: %s", l.text)
					}
				}
				s.mail.await(patience, len(written)-1, func(string) bool { return true })
				if got := s.mail.len(); got != len(written) {
					t.Errorf("%d alerts came to the syslog server, want %d", got, len(written))
				}
			})
		}
	}
}

// scanQuarantine keeps out who scans, which no shipped rule does: the source may be forged.
const scanQuarantine = `
override "port_scan" {
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
}
`

func besiege(t *testing.T, settingsOfResponse []string, workers int) *siege {
	t.Helper()
	l := newLAN(t)
	l.enable6()
	l.home.ip("-6 route add default via " + remoteAddress6 + " dev eth0")
	l.remote.ip("address add " + collector + "/24 dev eth0")
	mac, err := net.ParseMAC(strings.TrimSpace(l.home.run("cat", "/sys/class/net/eth0/address")))
	if err != nil {
		t.Fatal(err)
	}
	s := &siege{t: t, lan: l, out: l.remote.newSender(), mac: mac, mail: l.remote.collect(collector + ":601"), may: map[string]bool{}}
	hcl := settings("rules {\n  paths = [\"rules\"]\n}\n" + response(settingsOfResponse...) + `
output "syslog" "collector" {
  network = "tcp"
  address = "` + collector + `:601"
}
`)
	hcl = strings.Replace(hcl, "capture {\n", fmt.Sprintf("capture {\n  workers    = %d\n", workers), 1)
	s.sensor = startSensor(l.home, hcl, map[string]string{"burst.hcl": burstRule, "scan.hcl": scanQuarantine})
	return s
}

// as has a test fail where something goes wrong from now on.
func (s *siege) as(t *testing.T) { s.t, s.eve.t, s.lan.home.t, s.lan.remote.t = t, t, t, t }

// An audited is a line of the audit log.
type audited struct {
	Event  decision.Outcome `json:"event"`
	Target decision.Target  `json:"target"`
	Rule   string           `json:"rule"`
	Made   struct {
		Since time.Time `json:"since"`
		Until time.Time `json:"until"`
	} `json:"decision"`
	text string
}

// address is the target, which is an address in all of these attacks.
func (a audited) address() string { return a.Target.String() }

// audit reads the audit log.
func (s *siege) audit() []audited {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "audit.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	var out []audited
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break // being written
		}
		a := audited{text: string(line)}
		if err := json.Unmarshal(line, &a); err != nil {
			s.t.Fatalf("%v: %s", err, line)
		}
		out = append(out, a)
	}
	return out
}

// came waits until something has come of a target n times, by the audit log, and returns these.
func (s *siege) came(n int, event decision.Outcome, target string) []audited {
	s.t.Helper()
	var found []audited
	until(s.t, fmt.Sprintf("%s %s, %d times", target, event, n), patience, func() bool {
		found = slices.DeleteFunc(s.audit(), func(a audited) bool { return a.Event != event || a.address() != target })
		return len(found) >= n
	})
	return found
}

// keptOut reports whether an address is in the kernel's sets.
func (s *siege) keptOut(address string) bool {
	s.t.Helper()
	out := s.lan.home.run(s.sets[0], s.sets[1:]...)
	return slices.ContainsFunc(strings.Fields(out), func(word string) bool { return strings.Trim(word, ",") == address })
}

// spared fails the test where there is a decision about an address, or the firewall has it.
func (s *siege) spared(address string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	all, err := s.client.Decisions(ctx, decision.Target{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range all {
		if d.Target.String() == address {
			s.t.Errorf("there is a decision: %s", &d)
		}
	}
	if s.keptOut(address) {
		s.t.Errorf("%s is in the firewall", address)
	}
}

// send sends frames to the sensor.
func (s *siege) send(frames ...[]byte) {
	s.t.Helper()
	if err := s.out.send(frames...); err != nil {
		s.t.Fatal(err)
	}
}

// scan sends SYNs to 20 ports in the name of a source.
func (s *siege) scan(source string) {
	s.t.Helper()
	for port := range 20 {
		s.send(s.frame(segment(source, s.home(source), 1000+port, "S")...))
	}
}

// punished has a source scan that may be kept out, until it is: decisions come in the order of their packets, so that those
// about packets before are made.
func (s *siege) punished(source string) {
	s.t.Helper()
	s.may[source] = true
	s.scan(source)
	s.came(1, decision.Decided, source)
}

// home is the sensor's address, in the family of another.
func (s *siege) home(source string) string {
	if strings.Contains(source, ":") {
		return homeAddress6
	}
	return homeAddress
}

// frame is an Ethernet frame to the sensor, with lengths and checksums.
func (s *siege) frame(inside ...gopacket.SerializableLayer) []byte {
	return serialize(append([]gopacket.SerializableLayer{s.ethernet(inside[0])}, inside...)...)
}

// ethernet is the header before an IP packet to the sensor.
func (s *siege) ethernet(inside gopacket.SerializableLayer) *layers.Ethernet {
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: s.mac, EthernetType: layers.EthernetTypeIPv4}
	if inside.LayerType() == layers.LayerTypeIPv6 {
		eth.EthernetType = layers.EthernetTypeIPv6
	}
	return eth
}

// tunnels has a third party scan inside of tunnels that do not end here. Who is kept out is who sent them.
func (s *siege) tunnels() {
	for _, tunnel := range []struct {
		name, sender, third string
		outside             func(sender string) []gopacket.SerializableLayer
	}{
		{"vxlan", "198.51.100.31", "203.0.113.201", func(sender string) []gopacket.SerializableLayer {
			return append(udp(sender, 40000, 4789), &layers.VXLAN{ValidIDFlag: true, VNI: 1}, &layers.Ethernet{
				SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, DstMAC: s.mac, EthernetType: layers.EthernetTypeIPv4})
		}},
		{"gre", "198.51.100.32", "203.0.113.202", func(sender string) []gopacket.SerializableLayer {
			return []gopacket.SerializableLayer{datagram(sender, homeAddress, layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeIPv4}}
		}},
		{"ipip", "198.51.100.33", "203.0.113.203", func(sender string) []gopacket.SerializableLayer {
			return []gopacket.SerializableLayer{datagram(sender, homeAddress, layers.IPProtocolIPv4)}
		}},
	} {
		s.may[tunnel.sender] = true
		for port := range 20 {
			s.send(s.frame(append(tunnel.outside(tunnel.sender), segment(tunnel.third, homeAddress, 1000+port, "S")...)...))
		}
		got := s.eve.alert(0, "port_scan", func(l line) bool { return l.SrcIP == tunnel.third })
		if got.Tunnel.SrcIP != tunnel.sender || got.Tunnel.DestIP != homeAddress || got.Tunnel.Type != tunnel.name {
			s.t.Errorf("an alert does not tell of the %s tunnel from %s: %s", tunnel.name, tunnel.sender, got.text)
		}
		s.came(1, decision.Decided, tunnel.sender)
		if !s.keptOut(tunnel.sender) {
			s.t.Errorf("%s is not in the firewall", tunnel.sender)
		}
		s.spared(tunnel.third)
	}
}

// forgeCollector scans in the name of the syslog server. It is spared, and gets what comes then.
func (s *siege) forgeCollector() {
	const next = "198.51.100.34"
	s.scan(collector)
	s.eve.alert(0, "port_scan", func(l line) bool { return l.SrcIP == collector })
	s.came(1, decision.Refused, collector)
	s.spared(collector)
	s.punished(next)
	if _, ok := s.mail.await(patience, 0, func(text string) bool { return strings.Contains(text, next) }); !ok {
		s.t.Errorf("the alert about %s did not come to the syslog server, which got %d", next, s.mail.len())
	}
}

// forgeLinkLocal scans in the name of the gateway and of a neighbour.
func (s *siege) forgeLinkLocal() {
	gateway, _, _ := strings.Cut(strings.Fields(s.lan.remote.run("ip", "-6", "-o", "address", "show", "dev", "eth0", "scope", "link"))[3], "/")
	for _, source := range []string{gateway, "fe80::66"} {
		s.scan(source)
		s.eve.alert(0, "port_scan", func(l line) bool { return l.SrcIP == source })
		s.came(1, decision.Refused, source)
		s.spared(source)
	}
}

// forgeMapped scans in the name of an IPv4 address, in headers of IPv6.
func (s *siege) forgeMapped() {
	const mapped, address, next = "::ffff:203.0.113.81", "203.0.113.81", "198.51.100.35"
	s.scan(mapped)
	s.eve.alert(0, "port_scan", func(l line) bool { return l.SrcIP == mapped })
	s.punished(next)
	s.spared(mapped)
	s.spared(address)
}

// forgeAgain has an address blocked three times by forged packets: it is not kept out for longer each time.
func (s *siege) forgeAgain() {
	const forged = "203.0.113.82"
	s.may[forged] = true
	for n := range 3 {
		for range 20 {
			s.send(s.frame(segment(forged, homeAddress, 7, "S")...))
		}
		s.came(n+1, decision.Decided, forged)
		s.came(n+1, "expired", forged)
	}
	for _, a := range s.came(3, decision.Decided, forged) {
		if got := a.Made.Until.Sub(a.Made.Since); got != time.Second {
			s.t.Errorf("a block of a second is for %v: %s", got, a.text)
		}
	}
}

// insert hides that connections are opened and never ended behind RSTs that no host takes. RSTs that hosts take are
// believed.
func (s *siege) insert() {
	const hidden, packets = "203.0.113.83", 60
	before := s.status().Packets.RefusedFor["transport checksum"]
	for range packets {
		s.send(s.frame(segment(honest, homeAddress, 80, "R")...), s.frame(segment(honest, homeAddress, 80, "S")...))
		wrong := s.frame(segment(hidden, homeAddress, 80, "R")...)
		wrong[14+20+16] ^= 0xff // of the checksum, behind the headers of Ethernet and IPv4
		s.send(wrong, s.frame(segment(hidden, homeAddress, 80, "S")...))
	}
	s.eve.alert(0, "syn_ratio", func(l line) bool { return l.SrcIP == hidden })
	s.statusWhen("refused packets", func(st *api.Status) bool {
		return st.Packets.RefusedFor["transport checksum"] >= before+packets
	})
}

// fragment has nmap cut its packets so that the first piece has no flags.
func (s *siege) fragment() {
	for n, options := range []string{"-f", "-f -f", "--mtu 16"} {
		source := fmt.Sprintf("198.51.100.%d", 41+n)
		s.may[source] = true
		s.lan.remote.ip("address add " + source + "/24 dev eth0")
		words := strings.Fields("-n -Pn -sS --max-retries 0 --min-rate 200 -p 1-60 -e eth0 -S " + source + " " + options + " " + homeAddress)
		scanner := s.lan.remote.start("nmap", words...)
		defer scanner.kill()
		_, ok := s.eve.await(patience, 0, func(l line) bool {
			return l.SrcIP == source && slices.Contains([]string{"port_scan", "tiny_fragments"}, l.RuleIDs.Rule)
		})
		if !ok {
			s.t.Errorf("nmap %s is not seen; it says %q", options, scanner.out.from(0))
		}
	}
}

// scanFromNetwork tries each port from another address of a network.
func (s *siege) scanFromNetwork() {
	for n := range 40 {
		s.send(s.frame(segment(fmt.Sprintf("2001:db8:77::%x", n+1), homeAddress6, 1000+n, "S")...))
	}
	s.eve.alert(0, "port_scan_network", func(l line) bool { return strings.HasPrefix(l.SrcIP, "2001:db8:77::") })
}

// download sends what a download by HTTP/3 at 4.5 Mbit/s is: 2,700 datagrams of 1,250 bytes within six seconds.
func (s *siege) download() <-chan error {
	const datagrams, each = 2_700, 45
	frame := s.frame(append(udp(downloader, 443, 50000), gopacket.Payload(make([]byte, 1_250-20-8)))...)
	out, ended := s.lan.remote.newSender(), make(chan error, 1)
	go func() {
		ended <- func() error {
			ticker := time.NewTicker(6 * time.Second * each / datagrams)
			defer ticker.Stop()
			for range datagrams / each {
				<-ticker.C
				for range each {
					if err := out.send(frame); err != nil {
						return err
					}
				}
			}
			return nil
		}()
	}()
	return ended
}
