// Package storetest makes up alerts for tests of what stores them, in any number.
package storetest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

const (
	// Agents and Rules are how many of them a Crowd has; they are called agent-0 and so on, and rule_0 and so on.
	Agents = 50
	Rules  = 60

	sources = 60_000
	targets = 3_000
)

var (
	categories = []string{"recon", "credential", "flood", "dns", "c2", "exfil", "web", "policy", "spoof", "honeypot", "malware", "correlation"}
	subjects   = []string{"scan", "sweep", "login", "tunnel", "flood", "beacon", "download", "upload", "handshake", "certificate", "query", "session"}
	ports      = []uint16{22, 23, 25, 53, 80, 110, 123, 135, 139, 143, 161, 389, 443, 445, 993, 1433, 1521, 3306, 3389, 5060, 5432, 5900, 6379, 8080, 8443, 9200, 11211, 27017}
)

// A Crowd makes up alerts of 50 agents. A few rules, agents and sources have most of them, as is usual; days have more of them than
// nights. What it makes depends on the seed alone.
type Crowd struct {
	random *rand.Rand
	rules  *rand.Zipf
	agents *rand.Zipf
	from   *rand.Zipf
	to     *rand.Zipf
	seq    uint64
}

// NewCrowd returns a crowd.
func NewCrowd(seed uint64) *Crowd {
	r := rand.New(rand.NewPCG(seed, 11))
	return &Crowd{random: r, rules: rand.NewZipf(r, 1.3, 3, Rules-1), agents: rand.NewZipf(r, 1.2, 8, Agents-1), from: rand.NewZipf(r, 1.2, 20, sources-1), to: rand.NewZipf(r, 1.1, 10, targets-1)}
}

// Source returns the address of one of the sources; 0 is that with the most alerts.
func Source(n uint64) netip.Addr {
	if n%37 == 36 {
		return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", n%256, n))
	}
	return netip.AddrFrom4([4]byte{byte(11 + n%180), byte(n * 7 / 256), byte(n >> 3), byte(n)})
}

// Target returns the address of one of the targets; 0 is that with the most alerts.
func Target(n uint64) netip.Addr { return netip.AddrFrom4([4]byte{10, 20, byte(n >> 8), byte(n)}) }

// Next returns the next alert, which was raised at a time.
func (c *Crowd) Next(at time.Time) *store.Entry {
	r, rule, agent := c.random, c.rules.Uint64(), c.agents.Uint64()
	src, dst := Source(c.from.Uint64()), Target(c.to.Uint64())
	c.seq++
	a := &alert.Alert{Time: at.UnixNano(), Layers: packet.LayerFrame | packet.LayerIP | packet.LayerPorts | packet.LayerTCP, IPProto: 6, IPVersion: 4,
		Src: packet.AddrFromNetip(src), Dst: packet.AddrFromNetip(dst), SrcPort: uint16(32768 + r.IntN(28000)), DstPort: ports[int(float64(len(ports))*math.Pow(r.Float64(), 2))],
		Rule: fmt.Sprintf("rule_%d", rule), Category: categories[rule%uint64(len(categories))], Severity: scale.Severity(1 + rule%4), Attack: []string{fmt.Sprintf("T1%03d", rule*13%700)},
		Description: fmt.Sprintf("One source does a %s of kind %d.", subjects[rule%uint64(len(subjects))], rule),
		Message:     fmt.Sprintf("%s made %d %ss of %s, ticket-%d", src, 5+r.IntN(500), subjects[rule%uint64(len(subjects))], dst, r.IntN(200_000)),
		Key:         []alert.Named{{Name: "ip.src", Value: src.String()}}}
	if rule%7 == 3 {
		a.Layers, a.IPProto = packet.LayerFrame|packet.LayerIP|packet.LayerPorts|packet.LayerUDP, 17
	}
	if src.Is6() {
		a.IPVersion = 6
	}
	name := fmt.Sprintf("agent-%d", agent)
	return store.NewEntry(a, store.Origin{Agent: "id-" + name, Boot: 1, Seq: c.seq}, name, at.Add(time.Duration(20+r.IntN(200))*time.Millisecond))
}

// at is the time of the n-th of count alerts in a span before until.
func at(n, count int, span time.Duration, until time.Time) time.Time {
	part := float64(n) / float64(count)
	// Nights are quieter: time goes faster there.
	days := span.Hours() / 24
	part += 0.05 / days * math.Sin(part*days*2*math.Pi)
	return until.Add(-span + time.Duration(part*float64(span)))
}

// Fill stores count alerts of the span before until, in the order in which a fleet raises them.
func Fill(ctx context.Context, s store.Alerts, count int, span time.Duration, until time.Time) error {
	c := NewCrowd(1)
	for n := 0; n < count; {
		entries := make([]*store.Entry, 0, 5000)
		for range min(cap(entries), count-n) {
			entries = append(entries, c.Next(at(n, count, span, until)))
			n++
		}
		if err := s.Append(ctx, entries); err != nil {
			return err
		}
	}
	return nil
}
