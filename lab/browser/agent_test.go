package browser

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// An agent is the link of a daemon to a server, and what the daemon was told.
type agent struct {
	dir  string
	link *link.Link

	mu      sync.Mutex
	says    *fleet.Beat // of itself; nil for nothing special
	refuses string      // why it carries no decision out; "" where it does
	blocks  map[string]bool
	set     string
}

// join makes an agent of the server's fleet.
func join(t *testing.T, s *fleetServer, name string) *agent {
	t.Helper()
	var token struct{ Token, CA string }
	s.ask("POST", "/api/v1/tokens", map[string]any{"for": "10m", "uses": 1, "labels": map[string]string{}}, &token)
	a := &agent{dir: t.TempDir() + "/fleet", blocks: map[string]bool{}}
	if _, err := link.Join(t.Context(), link.JoinRequest{Server: s.at, Token: token.Token, Pin: token.CA, Name: name, Dir: a.dir, Owner: -1}); err != nil {
		t.Fatal(err)
	}
	l, err := link.Open(link.Options{Dir: a.dir, Room: 8 << 20, Log: slog.New(slog.DiscardHandler), Host: a})
	if err != nil {
		t.Fatal(err)
	}
	a.link = l
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { l.Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended; _ = l.Close() }) // what is left in its queue goes with the test
	until(t, 20*time.Second, name+" is connected", func() bool { return l.Status().Connected })
	return a
}

// until waits for something.
func until(t *testing.T, within time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("within %v not: %s", within, what)
		}
	}
}

func (a *agent) Beat(context.Context) *fleet.Beat {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.says != nil {
		b := *a.says
		return &b
	}
	return &fleet.Beat{Version: "test", Healthy: true, Mode: "enforce", Rules: 1, Set: a.set, Trouble: []string{}, Services: []string{}, Models: []fleet.Model{}}
}

func (a *agent) Decide(_ context.Context, list []fleet.Decision, all bool) (refused []fleet.Refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if all {
		clear(a.blocks)
	}
	for _, d := range list {
		if a.refuses != "" {
			refused = append(refused, fleet.Refusal{Target: d.Target, Why: a.refuses})
			continue
		}
		a.blocks[d.Target] = !d.Lifted
	}
	return refused
}

// packets is what the agent has as evidence of every alert.
const packets = "packets of an alert"

func (a *agent) Evidence(file string, _ int64) ([]byte, error) {
	if file != "x.pcapng" {
		return nil, errors.New("there is no file " + file)
	}
	return []byte(packets), nil
}

func (a *agent) Rules(ctx context.Context, digest string, fetch func(context.Context) ([]byte, error)) bool {
	a.mu.Lock()
	have := a.set
	a.mu.Unlock()
	if digest == have {
		return false
	}
	if _, err := a.link.Member().TakeRuleSet(ctx, a.dir, digest, fetch); err != nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set = digest
	return true
}

func (a *agent) blocked(target string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.blocks[target]
}

func (a *agent) rules() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.set
}

// scan is an alert of a port scan that somebody began just now.
func scan(src, message string) *alert.Alert {
	threshold := 15.0
	return &alert.Alert{Time: time.Now().UnixNano(), Rule: "port_scan", Description: "One source tries many TCP destination ports.", Category: "recon", Severity: scale.SeverityHigh, Attack: []string{"T1046"},
		Layers: packet.LayerFrame | packet.LayerIP | packet.LayerPorts | packet.LayerTCP, IPProto: 6, IPVersion: 4, SrcPort: 40000, DstPort: 22, Message: message,
		Src: packet.AddrFromNetip(netip.MustParseAddr(src)), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.10")),
		Key: []alert.Named{{Name: "ip.src", Value: src}}, Values: []alert.Named{{Name: "ports", Value: int64(23)}}, Threshold: &threshold}
}
