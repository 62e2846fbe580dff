package agent

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/packet"
)

// A fakeSource gives out what tests put into it.
type fakeSource struct {
	batches chan live.Batch
	taken   chan struct{} // one for each batch that was processed, once the next Read came
	stop    chan struct{}
	woken   chan struct{}
	once    sync.Once
	given   bool

	mu     sync.Mutex
	stats  live.Stats
	filter *live.Filter
}

func newFakeSource() *fakeSource {
	return &fakeSource{batches: make(chan live.Batch), taken: make(chan struct{}, 1<<16), stop: make(chan struct{}), woken: make(chan struct{}, 1)}
}

func (s *fakeSource) Read(b *live.Batch, wait time.Duration) error {
	if s.given {
		s.given = false
		s.taken <- struct{}{}
	}
	*b = live.Batch{}
	select {
	case *b = <-s.batches:
		s.given = true
		return nil
	case <-s.stop:
		return io.EOF
	case <-s.woken:
		return nil
	case <-time.After(wait):
		return nil
	}
}

func (s *fakeSource) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *fakeSource) Stats() live.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

func (s *fakeSource) SetFilter(f *live.Filter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
	return nil
}

func (s *fakeSource) Close() error {
	s.once.Do(func() { close(s.stop) })
	return nil
}

// send hands a batch to the loop and waits until it was processed.
func (s *fakeSource) send(t *testing.T, b live.Batch) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	select {
	case s.batches <- b:
	case <-deadline:
		t.Fatal("the loop does not read")
	}
	select {
	case <-s.taken:
	case <-deadline:
		t.Fatal("the loop does not come back")
	}
}

// keptAlerts is a part that keeps alerts, instead of outputs.
type keptAlerts struct {
	idle
	mu       sync.Mutex
	alerts   []*alert.Alert
	reopened int
	closed   bool
}

func (k *keptAlerts) Send(a *alert.Alert) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alerts = append(k.alerts, a)
}

func (k *keptAlerts) Reopen() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reopened++
	return nil
}

func (k *keptAlerts) Close(context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	return nil
}

// of returns the alerts of a rule.
func (k *keptAlerts) of(rule string) (out []*alert.Alert) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.alerts {
		if a.Rule == rule {
			out = append(out, a)
		}
	}
	return out
}

// logLines is a log that tests can wait on.
type logLines struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	close(l.more)
	l.more = make(chan struct{})
	return len(p), nil
}

// wait waits for a line with all of the words, at or behind a place, and returns the place behind it.
func (l *logLines) wait(t *testing.T, from int, words ...string) int {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		for i := from; i < len(l.lines); i++ {
			all := true
			for _, w := range words {
				all = all && strings.Contains(l.lines[i], w)
			}
			if all {
				l.mu.Unlock()
				return i + 1
			}
		}
		more := l.more
		text := strings.Join(l.lines[min(from, len(l.lines)):], "")
		l.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("the log never says %q; it says\n%s", words, text)
		}
	}
}

// now returns the place behind the last line.
func (l *logLines) now() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// running is a daemon on a fake source, with rules in a directory.
type running struct {
	*Daemon
	source   *fakeSource
	outputs  *keptAlerts
	firewall *fakeFirewall
	log      *logLines
	dir      string // of the rules
	socket   string
	client   *api.Client
	stop     func() error // ends the daemon and returns what Run did
}

// A quietHost is a host that never changes, of which 192.0.2.1 is the gateway.
type quietHost struct{}

var quietFacts = &host.Info{Gateways: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}

func (quietHost) Info() (*host.Info, error) { return quietFacts, nil }
func (quietHost) Changes() <-chan struct{}  { return nil }
func (quietHost) Close() error              { return nil }

// A memoryFirewall keeps its members in memory, and stops nothing.
type memoryFirewall struct {
	mu      sync.Mutex
	members []decision.Member // sorted
}

func (f *memoryFirewall) Apply(_ context.Context, changes []decision.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		f.members = slices.DeleteFunc(f.members, func(m decision.Member) bool { return m.Target == c.Target && m.Kind == c.Kind })
		if !c.Remove {
			f.members = append(f.members, c.Member)
		}
	}
	slices.SortFunc(f.members, func(a, b decision.Member) int {
		return cmp.Or(a.Target.Compare(b.Target), cmp.Compare(a.Kind, b.Kind))
	})
	return nil
}

func (f *memoryFirewall) List(context.Context) ([]decision.Member, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.members), nil
}

func (f *memoryFirewall) Close() error { return nil }

// Flush takes all members out, as someone with another tool does.
func (f *memoryFirewall) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members = nil
}

// A fakeFirewall is one in memory that someone may flush.
type fakeFirewall struct {
	memoryFirewall
	missing  atomic.Bool
	repaired chan struct{} // one for each repair
}

func (f *fakeFirewall) Repair(context.Context) ([]string, error) {
	if !f.missing.Swap(false) {
		return nil, nil
	}
	f.repaired <- struct{}{}
	return []string{"the chain RULEIDS"}, nil
}

// capturingFake has frames come from a test.
type capturingFake struct {
	*capturing
	from Source
}

func (c capturingFake) Open(context.Context) error {
	c.source = c.from
	return nil
}

// decisionsFake keeps decisions with a firewall in memory.
type decisionsFake struct {
	*decisions
	kernel *fakeFirewall
}

func (p decisionsFake) Open(ctx context.Context) error {
	p.firewall = p.kernel
	return p.open(ctx, &p.d.running.Response, decision.Options{Firewall: p.kernel, Host: quietHost{}, Log: p.d.log})
}

// fake replaces the parts that depend on the host.
func (r *running) fake() {
	for i, p := range r.parts {
		switch p.name {
		case "capture":
			r.parts[i].Part = capturingFake{r.capture, r.source}
		case "decisions":
			r.parts[i].Part = decisionsFake{r.decisions, r.firewall}
		case "outputs":
			r.parts[i].Part = r.outputs
		case "privileges":
			r.parts[i].Part = idle{}
		}
	}
}

// settings are lines of a settings file beside the rules; files are rule files by name.
func start(t *testing.T, settings string, files map[string]string) *running {
	t.Helper()
	return startIn(t, t.TempDir(), settings, files)
}

// startIn is start with a directory for everything that the daemon keeps.
func startIn(t *testing.T, root, settings string, files map[string]string) *running {
	t.Helper()
	r := prepare(t, root, settings, files)
	must(t, r.open(t.Context()))
	r.begin(t)
	return r
}

// prepare makes a daemon that is not opened yet.
func prepare(t *testing.T, root, settings string, files map[string]string) *running {
	t.Helper()
	r := &running{source: newFakeSource(), outputs: &keptAlerts{}, firewall: &fakeFirewall{repaired: make(chan struct{}, 1)}, log: &logLines{more: make(chan struct{})}, dir: filepath.Join(root, "rules"), socket: filepath.Join(root, "c.sock")}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, os.MkdirAll(filepath.Join(root, "lists"), 0o755))
	for name, text := range files {
		r.write(t, name, text)
	}
	file := filepath.Join(root, "ruleids.hcl")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	in := Input{
		Settings: config.Options{File: file, Flags: map[string]config.Given{
			"rules.paths": {Flag: "--rules", Values: []string{r.dir}}, "rules.stdlib": {Flag: "--no-stdlib", Values: []string{"false"}},
			"response.journal": {Flag: "--journal", Values: []string{filepath.Join(root, "decisions.jsonl")}},
			"rules.memory":     {Flag: "--memory", Values: []string{filepath.Join(root, "memory")}},
			"assets.file":      {Flag: "--assets", Values: []string{filepath.Join(root, "assets")}},
			"rules.peaks":      {Flag: "--peaks", Values: []string{filepath.Join(root, "peaks")}},
			"response.audit":   {Flag: "--audit", Values: []string{filepath.Join(root, "audit.jsonl")}},
			"control.socket":   {Flag: "--socket", Values: []string{r.socket}}, "agent": {Flag: "--agent", Values: []string{"sensor"}},
		}, Environ: []string{"JOURNAL_STREAM=1"}},
		Stdlib: func([]string) (fs.FS, error) { return nil, nil },
	}
	loaded := in.Load()
	if loaded.Plan == nil {
		t.Fatal(loaded.Diags)
	}
	r.Daemon = newDaemon(Options{Input: in, Loaded: loaded, Version: "test", Log: r.log})
	r.fake()
	return r
}

// begin runs a daemon that is open, until the test is over at the latest.
func (r *running) begin(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var once sync.Once
	var result error
	r.stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case result = <-ended:
			case <-time.After(20 * time.Second):
				t.Error("the daemon does not stop")
			}
			r.client.Close()
		})
		return result
	}
	r.client = api.NewClient(r.socket)
	t.Cleanup(func() { _ = r.stop() })
	r.log.wait(t, 0, "msg=running")
}

func (r *running) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// scanRule fires on the fifth distinct port of a source in 10 s.
const scanRule = `rule "scan" {
  description = "Many ports."
  severity    = "high"
  category    = "recon"
  where       = "tcp.flags.syn and not tcp.flags.ack"
  by          = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 5
  when      = "ports >= threshold"
}
`

// portRule is a rule that fires on packets to a port.
func portRule(name string, port string) string {
	return `rule "` + name + `" {
  description = "A port."
  severity    = "low"
  where       = "tcp.dstport == ` + port + `"
  cooldown    = "0s"
}
`
}

// epoch is when the packets of tests begin.
var epoch = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// syn is a connection attempt, ms milliseconds after epoch.
func syn(t testing.TB, src string, port, ms int) packet.Frame {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: netip.MustParseAddr(src).AsSlice(), DstIP: []byte{192, 0, 2, 10}}
	tcp := &layers.TCP{SrcPort: 40000, DstPort: layers.TCPPort(port), SYN: true, Window: 1024}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	eth := &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 7}, DstMAC: []byte{2, 0, 0, 0, 0, 10}, EthernetType: layers.EthernetTypeIPv4}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp); err != nil {
		t.Fatal(err)
	}
	return packet.Frame{Data: buf.Bytes(), Time: epoch.Add(time.Duration(ms) * time.Millisecond).UnixNano(), Length: uint32(len(buf.Bytes())), Link: packet.LinkEthernet}
}

// batchOf is a batch of frames.
func batchOf(frames ...packet.Frame) live.Batch {
	b := live.Batch{Frames: frames}
	if len(frames) > 0 {
		b.Now = frames[len(frames)-1].Time
	}
	return b
}

func keyOf(value string) []alert.Named { return []alert.Named{{Name: "ip.src", Value: value}} }
