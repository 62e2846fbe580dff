// Package demo makes up a fleet: five agents, a day of their alerts, and live ones that follow. All addresses of the outside
// are those of documentation (RFC 5737, RFC 3849).
package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// An Agent is one of those that are made up.
type Agent struct {
	Name   string
	Labels state.Labels
	net    string // the first two parts of its office's addresses
	rate   float64
	id     string
}

// Agents returns the agents. The last one is offline.
func Agents() []*Agent {
	return []*Agent{
		{Name: "berlin-edge", Labels: state.Labels{"site": "berlin", "role": "edge"}, net: "10.11", rate: 18400},
		{Name: "berlin-lab", Labels: state.Labels{"site": "berlin", "role": "lab"}, net: "10.12", rate: 5200},
		{Name: "lisbon-edge", Labels: state.Labels{"site": "lisbon", "role": "edge"}, net: "10.21", rate: 9100},
		{Name: "osaka-edge", Labels: state.Labels{"site": "osaka", "role": "edge"}, net: "10.31", rate: 12700},
		{Name: "quito-branch", Labels: state.Labels{"site": "quito", "role": "branch"}, net: "10.41", rate: 800},
	}
}

// A kind is a rule that the made-up traffic sets off, as it is shipped.
type kind struct {
	rule, description, category string
	severity                    scale.Severity
	attack                      []string
	weight                      int
	inside                      bool // the source is in the office
	proto                       uint8
	port                        func(*rand.Rand) uint16
	value                       string
	low, high                   int
	message                     string // of the source, the number and the destination
	action                      string
}

func fixed(ports ...uint16) func(*rand.Rand) uint16 {
	return func(r *rand.Rand) uint16 { return ports[r.IntN(len(ports))] }
}

const (
	tcp = 6
	udp = 17
)

var kinds = []kind{
	{"port_scan", "One source tries many TCP destination ports.", "recon", scale.SeverityHigh, []string{"T1046", "T1595.001"}, 30, false, tcp, func(r *rand.Rand) uint16 { return uint16(1 + r.IntN(10000)) }, "ports", 15, 40, "%s tried %d ports in 10 s", "quarantine"},
	{"host_sweep", "One source tries the same TCP port on many hosts.", "recon", scale.SeverityHigh, []string{"T1018", "T1046", "T1595.001"}, 14, false, tcp, fixed(22, 23, 445, 3389, 8080), "hosts", 12, 60, "%s tried one port on %d hosts", "quarantine"},
	{"ping_sweep", "One source pings many hosts.", "recon", scale.SeverityMedium, []string{"T1018"}, 9, false, 1, fixed(0), "hosts", 20, 90, "%s pinged %d hosts", ""},
	{"slow_port_scan", "One source slowly tries many service ports of one host.", "recon", scale.SeverityMedium, []string{"T1046"}, 7, false, tcp, fixed(21, 25, 80, 110, 143, 3306), "ports", 10, 20, "%s tried %d ports in 15 min", ""},
	{"brute_force", "One source connects again and again to services that ask for a password.", "credential", scale.SeverityHigh, []string{"T1110.001", "T1110.003"}, 18, false, tcp, fixed(22, 3389, 445, 21), "attempts", 20, 300, "%s connected %d times in 30 s", "quarantine"},
	{"login_failures", "A server refuses one client's password again and again.", "credential", scale.SeverityHigh, []string{"T1110.001"}, 8, false, tcp, fixed(22, 25, 143), "failures", 5, 60, "the password of %s was refused %d times", "quarantine"},
	{"dns_tunnel_names", "One source asks for several different long names under one registered domain.", "dns", scale.SeverityHigh, []string{"T1071.004", "T1572"}, 3, true, udp, fixed(53), "names", 5, 90, "%s asked for %d long names under one domain", "notify"},
	{"nxdomain_burst", "One host asks for many domains that do not exist.", "c2", scale.SeverityMedium, []string{"T1568.002"}, 4, true, udp, fixed(53), "domains", 30, 120, "%s asked for %d domains that do not exist", ""},
	{"suspicious_port", "A host talks to a port that backdoors listen on.", "c2", scale.SeverityMedium, []string{"T1571", "T1095"}, 4, true, tcp, fixed(4444, 31337, 6667, 5555), "", 0, 0, "", "notify"},
	{"data_exfil", "A home address sends much data to the outside.", "exfil", scale.SeverityHigh, []string{"T1041", "T1048", "T1567"}, 2, true, tcp, fixed(443, 22), "bytes", 60_000_000, 900_000_000, "%s sent %d bytes to the outside in 60 s", "notify"},
	{"syn_flood", "One source opens TCP connections at a rate that exhausts a server's backlog.", "flood", scale.SeverityCritical, []string{"T1499.001", "T1498.001"}, 2, false, tcp, fixed(80, 443), "attempts", 500, 9000, "%s sent %d SYNs in 5 s", "quarantine"},
	{"flow_small_packets", "One flow carries small packets at a high rate.", "flood", scale.SeverityLow, []string{"T1498.001"}, 10, false, udp, fixed(53, 123, 5060), "", 0, 0, "", ""},
	{"honeypot_touch", "A source came to a honeypot.", "honeypot", scale.SeverityMedium, []string{"T1046", "T1595"}, 6, false, tcp, fixed(2222, 2323), "", 0, 0, "", ""},
	{"honeypot_brute_force", "One source guesses passwords at a honeypot.", "honeypot", scale.SeverityCritical, []string{"T1110.001", "T1110.003"}, 2, false, tcp, fixed(2222), "logins", 5, 90, "%s guessed %d passwords at a honeypot", "block"},
	{"arp_spoof", "Another hardware address speaks for an IPv4 address.", "spoof", scale.SeverityCritical, []string{"T1557.002"}, 1, true, tcp, fixed(0), "", 0, 0, "", "notify"},
	{"odd_host", "A host behaves as hosts here do not.", "anomaly", scale.SeverityMedium, []string{"T1071"}, 3, true, tcp, fixed(443, 22, 53), "", 0, 0, "", ""},
	{"odd_conversation", "A conversation is shaped as none here is.", "anomaly", scale.SeverityMedium, []string{"T1041"}, 2, true, tcp, fixed(443, 22), "", 0, 0, "", ""},
	{"kill_chain", "Alerts of several stages of an attack for one source.", "correlation", scale.SeverityCritical, []string{"T1595", "T1110", "T1071"}, 1, false, tcp, fixed(22, 445), "stages", 3, 4, "%s is at %d stages of an attack", "block"},
}

// A Fleet makes alerts and heartbeats up.
type Fleet struct {
	agents    []*Agent
	random    *rand.Rand
	attackers []netip.Addr
	started   time.Time
	packets   map[string]float64
	total     int
	raised    map[string]uint64
	seq       uint64
}

// New returns a fleet whose alerts depend on seed alone.
func New(seed uint64) *Fleet {
	f := &Fleet{agents: Agents(), random: rand.New(rand.NewPCG(seed, 7)), packets: map[string]float64{}, raised: map[string]uint64{}, started: time.Now().Add(-31 * time.Hour)}
	for _, net := range []string{"203.0.113.", "198.51.100."} {
		for range 30 {
			f.attackers = append(f.attackers, netip.MustParseAddr(net+fmt.Sprint(1+f.random.IntN(254))))
		}
	}
	for n := range 6 {
		f.attackers = append(f.attackers, netip.MustParseAddr(fmt.Sprintf("2001:db8:bad:%x::%x", n, 1+f.random.IntN(65000))))
	}
	for _, k := range kinds {
		f.total += k.weight
	}
	return f
}

// Agents returns the agents of this fleet.
func (f *Fleet) Agents() []*Agent { return f.agents }

// Join tells the fleet the identity that an agent got.
func (f *Fleet) Join(a *Agent, id string) { a.id = id }

// Identity returns the identity of an agent that joined.
func (a *Agent) Identity() string { return a.id }

// attacker is one of those outside: a few of them do most, as is usual.
func (f *Fleet) attacker() netip.Addr {
	return f.attackers[int(float64(len(f.attackers))*math.Pow(f.random.Float64(), 2.5))]
}

// Alert makes an alert up that an agent raised at a time.
func (f *Fleet) Alert(a *Agent, at time.Time) *store.Entry {
	r := f.random
	k := &kinds[0]
	for n := r.IntN(f.total); n >= k.weight; k = &kinds[slices.IndexFunc(kinds, func(x kind) bool { return x.rule == k.rule })+1] {
		n -= k.weight
	}
	inside := netip.MustParseAddr(fmt.Sprintf("%s.%d.%d", a.net, r.IntN(4), 10+r.IntN(40)))
	src, dst := f.attacker(), inside
	if src.Is6() {
		dst = netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", a.net[3], 10+r.IntN(40)))
	}
	if k.inside {
		src, dst = inside, f.attackers[r.IntN(60)]
	}
	x := &alert.Alert{Time: at.UnixMicro() * 1000, Rule: k.rule, Description: k.description, Category: k.category, Severity: k.severity, Attack: k.attack, Agent: a.Name,
		Layers: packet.LayerFrame | packet.LayerIP, Src: packet.AddrFromNetip(src), Dst: packet.AddrFromNetip(dst), IPProto: k.proto, IPVersion: 4,
		Key: []alert.Named{{Name: "ip.src", Value: src.String()}}}
	if src.Is6() {
		x.IPVersion = 6
	}
	switch k.proto {
	case tcp:
		x.Layers |= packet.LayerPorts | packet.LayerTCP
	case udp:
		x.Layers |= packet.LayerPorts | packet.LayerUDP
	default:
		x.Layers |= packet.LayerICMP
		x.ICMPType = 8
		if src.Is6() {
			x.Layers ^= packet.LayerICMP | packet.LayerICMPv6
			x.IPProto, x.ICMPType = 58, 128
		}
	}
	if x.Layers&packet.LayerPorts != 0 {
		x.SrcPort, x.DstPort = uint16(32768+r.IntN(28000)), k.port(r)
	}
	if h := a.owner(inside); h != nil {
		x.Assets = &alert.Assets{Dst: *h}
		if k.inside {
			x.Assets = &alert.Assets{Src: *h}
		}
	}
	if k.value != "" {
		n := k.low + r.IntN(k.high-k.low)
		threshold := float64(k.low)
		x.Values, x.Threshold = []alert.Named{{Name: k.value, Value: int64(n)}}, &threshold
		x.Message = fmt.Sprintf(k.message, src, n)
	}
	if k.category == "anomaly" {
		x.Sample = oddSample(r, k.rule)
		x.Message = fmt.Sprintf("%s is odd: %s above all, with %.1f bits", src, x.Sample.Top, x.Sample.Bits)
		x.Shadow = true
	}
	switch k.action {
	case "quarantine":
		x.Actions = []alert.Action{{Kind: "quarantine", Target: src, Seconds: 600}}
	case "block":
		x.Actions = []alert.Action{{Kind: "block", Target: src}, {Kind: "notify", To: []string{"ops"}, Message: x.Message}}
	case "notify":
		x.Actions = []alert.Action{{Kind: "notify", To: []string{"ops"}, Message: x.Message}}
	}
	if r.IntN(4) == 0 {
		x.Suppressed = uint64(1 + r.IntN(50))
	}
	f.seq++
	f.raised[a.Name]++
	return store.NewEntry(x, store.Origin{Agent: a.id, Boot: 1, Seq: f.seq}, a.Name, at.Add(time.Duration(20+r.IntN(200))*time.Millisecond))
}

// perDay is how many alerts all agents together raise in a day.
const perDay = 4000

// Day makes up the alerts of the day before now, in order of time.
func (f *Fleet) Day(now time.Time) []*store.Entry {
	var times []time.Time
	for range perDay {
		at := now.Add(-time.Duration(f.random.Float64() * float64(24*time.Hour)))
		// More by day than by night, and bursts now and then.
		if hour := float64(at.Hour()) + float64(at.Minute())/60; f.random.Float64() > 0.6+0.4*math.Sin((hour-8)/24*2*math.Pi) {
			at = now.Add(-time.Duration(f.random.Float64()*5) * 5 * time.Hour).Add(-time.Duration(f.random.ExpFloat64() * float64(4*time.Minute)))
		}
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	var out []*store.Entry
	for _, at := range times {
		a := f.agents[f.random.IntN(len(f.agents))]
		if a.Name == "quito-branch" && now.Sub(at) < offlineFor {
			a = f.agents[0]
		}
		out = append(out, f.Alert(a, at))
	}
	return out
}

// offlineFor is how long the last agent has been offline.
const offlineFor = 47 * time.Minute

// Beat makes up the heartbeat of an agent.
func (f *Fleet) Beat(a *Agent, now time.Time, every time.Duration) *fleet.Beat {
	rate := a.rate * (0.8 + 0.4*f.random.Float64())
	if f.packets[a.Name] == 0 {
		f.packets[a.Name] = a.rate * now.Sub(f.started).Seconds()
	}
	f.packets[a.Name] += rate * every.Seconds()
	b := &fleet.Beat{Time: now, Started: f.started, Version: "demo", Healthy: true, Trouble: []string{}, Mode: "enforce", Rules: 42, Digest: "sha256:6f1c2f7a9d0b", Packets: uint64(f.packets[a.Name]), Rate: rate,
		CPU: rate / 60000, Alerts: f.raised[a.Name], Queue: fleet.Queue{Room: 256 << 20, Dropped: map[scale.Severity]uint64{}}, Shared: fleet.Shared{Refused: []fleet.Refusal{}}, Boot: 1, Services: []string{"eth0"}, Models: a.models(), Near: near(a), Costs: costs()}
	if a.Name == "berlin-lab" {
		b.Mode = "monitor"
		b.Time = now.Add(9 * time.Second)
		b.Dropped, b.Loss = uint64(f.packets[a.Name]/5000), 0.0004
	}
	return b
}

// A Sink takes what is made up.
type Sink struct {
	Store func(context.Context, []*store.Entry) error
	Heard func(id, address string, b *fleet.Beat) bool
	// Logins takes logins that an agent found since this start, which are numbered from 1.
	Logins func(ctx context.Context, id string, list []fleet.Login) error
	// Wanted is the digest of the rule set that an agent should run; "" for none.
	Wanted func(id string, labels state.Labels) string
}

// pastBeats is how many heartbeats there were before the first that is told of as it comes.
const pastBeats = 45

// Run raises alerts and sends heartbeats until ctx is done.
func (f *Fleet) Run(ctx context.Context, to Sink) error {
	const beatEvery = 10 * time.Second
	beat := func() {
		for i, a := range f.agents[:len(f.agents)-1] {
			b := f.Beat(a, time.Now(), beatEvery)
			if b.Set = to.Wanted(a.id, a.Labels); b.Set != "" {
				b.Digest = "sha256:" + b.Set
			}
			to.Heard(a.id, fmt.Sprintf("192.0.2.%d", 11+i), b)
		}
	}
	for range pastBeats {
		beat()
	}
	told := map[string]uint64{}
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		pause := time.Duration((0.2 + f.random.ExpFloat64()) * float64(1200*time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			beat()
			continue
		case <-time.After(pause):
		}
		a := f.agents[f.random.IntN(len(f.agents)-1)]
		err := to.Store(ctx, []*store.Entry{f.Alert(a, time.Now())})
		if err == nil && f.random.IntN(6) == 0 {
			l := f.login(a, time.Now())
			told[a.id]++
			l.Seq = told[a.id]
			err = to.Logins(ctx, a.id, []fleet.Login{l})
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}
