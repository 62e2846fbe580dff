package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

const (
	// reloadsEnv is the environment variable that says how many reloads TestReload does.
	reloadsEnv = "RULEIDS_RELOADS"
	// reloadsByDefault is how many it does without.
	reloadsByDefault = 100
	// manyRules is how many rules they load.
	manyRules = 1000
	// longestPause is how long the daemon may work on a change of rules while packets wait, each time, and how long
	// packets may wait in the median. Where another program has the processor meanwhile they wait longer: one time of a
	// hundred for no longer than slowestPause.
	longestPause = time.Millisecond
	slowestPause = 10 * time.Millisecond
)

// scanRule fires on the fifth of five ports.
const scanRule = `rule "scan" {
  description = "One source tries five ports."
  severity    = "high"
  where       = "tcp.flags.syn and tcp.dstport >= 5000 and tcp.dstport < 5005"
  by          = ["ip.src"]
  window "600s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 5
  when      = "ports >= threshold"
}
`

// A variant is one of the rule sets that are loaded in turn.
type variant struct {
	text   string
	digest string // once it was loaded; empty for a broken one
	broken bool
}

// variants are a good rule set, one that is changed in ten rules and has two others, and a broken one.
func variants() []*variant {
	write := func(changed bool) string {
		var b strings.Builder
		for i := range manyRules - 2 { // and the probe, and the scan
			name, threshold := fmt.Sprintf("r%d", i), 1_000_000
			if changed && i%100 == 0 {
				threshold++
			}
			if changed && i >= manyRules-4 {
				name = "other_" + name
			}
			fmt.Fprintf(&b, "rule %q {\n  description = \"Many packets to port %d.\"\n  severity    = \"low\"\n  where       = \"tcp.flags.syn and tcp.dstport == %d\"\n"+
				"  by          = [\"ip.src\"]\n  window \"%ds\" {\n    n = \"count()\"\n  }\n  threshold = %d\n  when      = \"n >= threshold\"\n}\n\n",
				name, 1000+i, 1000+i, 10+i%5, threshold)
		}
		return b.String()
	}
	good := write(false)
	return []*variant{{text: good}, {text: write(true)}, {text: strings.Replace(good, "tcp.dstport == 1100", "tcp.dport == 1100", 1), broken: true}}
}

// turns is the order in which the variants are loaded, after the first one: also the same one again after a broken one.
var turns = []int{1, 0, 2, 1, 2, 1, 0}

// A load is traffic that every rule of a rule set looks at a part of, and probes among it.
type load struct {
	sender *sender
	probes int
	extra  chan []byte // frames to send besides
	stop   chan struct{}
	ended  chan error
}

// startLoad sends ten thousand packets a second, and a probe each so many milliseconds.
func startLoad(s *sender, each int) *load {
	l := &load{sender: s, extra: make(chan []byte), stop: make(chan struct{}), ended: make(chan error, 1)}
	var frames [][]byte
	for i := range 500 {
		frames = append(frames, syn(fmt.Sprintf("192.0.2.%d", 1+i%200), 40000+i, 1000+i))
	}
	go func() {
		next, turn := 0, 0
		l.ended <- pace(time.Millisecond, l.stop, func() error {
			for range 10 {
				if err := s.send(frames[next]); err != nil {
					return err
				}
				next = (next + 1) % len(frames)
			}
			if turn++; turn%each == 0 {
				if err := s.send(probe(l.probes % 65536)); err != nil {
					return err
				}
				l.probes++
			}
			select {
			case f := <-l.extra:
				return s.send(f)
			default:
				return nil
			}
		})
	}()
	return l
}

// end ends the load.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	if err := <-l.ended; err != nil {
		t.Fatal(err)
	}
}

// scan sends a packet of scan number n to one of its ports, 0 to 4.
func (l *load) scan(t *testing.T, n, port int) {
	t.Helper()
	select {
	case l.extra <- syn(scanner(n), 40000, 5000+port):
	case err := <-l.ended:
		t.Fatal(err)
	}
}

// scanner is the address that scan n comes from.
func scanner(n int) string { return fmt.Sprintf("198.18.%d.%d", n>>8, n&255) }

// A reloader loads rule sets in turn into a daemon, in every way there is.
type reloader struct {
	*sensor
	variants  []*variant
	good, bad int
}

// startReloader starts a daemon with the first rule set, and loads each once.
func startReloader(l *lan, hcl string) *reloader {
	l.home.t.Helper()
	r := &reloader{variants: variants()}
	r.sensor = startSensor(l.home, hcl, map[string]string{"many.hcl": r.variants[0].text, "own.hcl": probeRule + "\n" + scanRule})
	for _, v := range []*variant{r.variants[1], r.variants[0]} {
		r.put("rules/many.hcl", v.text)
		report := r.request()
		if !report.OK || report.Rules != manyRules {
			l.home.t.Fatalf("the rules do not load: %+v", report)
		}
		v.digest = report.Digest
	}
	return r
}

// request asks for a reload on the control socket.
func (r *reloader) request() *api.ReloadReport {
	r.host.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	report, err := r.client.Reload(ctx)
	if err != nil {
		r.host.t.Fatal(err)
	}
	return report
}

// reload is reload number n: writes a rule set and waits until it runs, or is refused.
func (r *reloader) reload(n int) {
	t := r.host.t
	t.Helper()
	v := r.variants[turns[n%len(turns)]]
	before := r.out.len()
	r.put("rules/many.hcl", v.text)
	switch n % 10 {
	case 7: // the file alone
	case 9:
		if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	default:
		report := r.request()
		if report.OK == v.broken || !v.broken && report.Digest != v.digest {
			t.Fatalf("reload %d: %+v", n, report)
		}
		r.count(v)
		return
	}
	// Two that follow each other are never the same, so something is logged.
	if v.broken {
		r.logged(before, "reload failed; keeping the previous rules")
	} else {
		_, ok := r.out.await(patience, before, func(line string) bool {
			return strings.Contains(line, v.digest) && !strings.Contains(line, `"msg":"reload failed`)
		})
		if !ok {
			t.Fatalf("reload %d: nothing was loaded:\n%s", n, strings.Join(r.out.from(before), "\n"))
		}
	}
	r.count(v)
}

// reloadAmidScan does reload number n while a scan is under way, which must be caught at its fifth port.
func (r *reloader) reloadAmidScan(n int, l *load) {
	t := r.host.t
	t.Helper()
	before := r.eve.len()
	for port := range 4 {
		l.scan(t, n, port)
	}
	r.reload(n)
	l.scan(t, n, 4)
	got := r.eve.alert(before, "scan", func(l line) bool { return l.RuleIDs.Key["ip.src"] == scanner(n) })
	if got.DestPort != 5004 || got.RuleIDs.Values["ports"] != 5 {
		t.Fatalf("reload %d: the scan was seen at port %d, not at its fifth: %s", n, got.DestPort, got.text)
	}
}

func (r *reloader) count(v *variant) {
	if v.broken {
		r.bad++
	} else {
		r.good++
	}
}

// complete waits until the daemon has seen a load that has ended, with a number of scans in it, and fails the test
// unless it has seen each packet once, lost none, and raised each alert once and in order.
func (r *reloader) complete(l *load, scans int) {
	t := r.host.t
	t.Helper()
	sent, alerts := l.sender.sent, l.probes+scans
	st := r.statusWhen(fmt.Sprintf("%d packets were seen", sent), func(st *api.Status) bool { return st.Packets.Seen >= sent })
	if st.Packets.Seen != sent || st.Capture.Received != sent || st.Capture.Dropped != 0 {
		t.Errorf("%d packets were sent; %d were received, %d lost, %d seen", sent, st.Capture.Received, st.Capture.Dropped, st.Packets.Seen)
	}
	if int(st.Rules.FailedReloads) < r.bad {
		t.Errorf("%d reloads failed, want %d", st.Rules.FailedReloads, r.bad)
	}
	if int(st.Alerts.Raised) != alerts {
		t.Errorf("%d alerts, want %d", st.Alerts.Raised, alerts)
	}
	r.eve.await(patience, alerts-1, func(line) bool { return true })
	next := 0
	for _, a := range r.eve.from(0) {
		switch {
		case a.RuleIDs.Rule == "scan":
		case a.RuleIDs.Rule != "probe" || a.SrcPort != next:
			t.Fatalf("want the alert of probe %d, got %s", next, a.text)
		default:
			next = (next + 1) % 65536
		}
	}
	if got := r.eve.len(); got != alerts {
		t.Errorf("%d alerts were written, want %d", got, alerts)
	}
}

// pauses returns how long packets waited for each change of rules, or how long the daemon worked on it meanwhile, as
// it logged it under a key.
func (r *reloader) pauses(key string) []time.Duration {
	r.host.t.Helper()
	var out []time.Duration
	for _, entry := range entries(r.out, "rules loaded") {
		seconds, ok := entry[key].(float64)
		if !ok {
			r.host.t.Fatalf("no %s in %v", key, entry)
		}
		out = append(out, time.Duration(seconds*float64(time.Second)))
	}
	return out
}

// TestReload loads a thousand rules again and again while packets come: good ones, changed ones, broken ones. No
// packet is lost to it, none waits for long, scans in progress are caught at the packet at which they would be
// without, and nothing grows.
func TestReload(t *testing.T) {
	need(t, "ip", "ethtool")
	reloads := reloadsByDefault
	if text := os.Getenv(reloadsEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", reloadsEnv, err)
		}
		reloads = n
	}
	l := newLAN(t)
	r := startReloader(l, settings(ownRules))
	load := startLoad(l.remote.newSender(), 5)
	var measured []vitals
	begun, starved := time.Now(), r.starved()
	machine := watchLateness(t)
	for n := range reloads {
		r.reloadAmidScan(n, load)
		if reloads < 40 || n%(reloads/40) == 0 {
			measured = append(measured, r.vitals())
		}
	}
	load.end(t)
	busy := float64(r.starved()-starved) / float64(time.Since(begun))

	r.complete(load, reloads)
	r.stop()
	r.checkFile(load.probes + reloads)
	var took []time.Duration
	for _, l := range r.eve.from(0) {
		took = append(took, l.took(t))
	}
	median, most := spread(took)
	pauses, worked := r.pauses("pause_seconds"), r.pauses("pause_cpu_seconds")
	typical, longest := spread(pauses)
	slowest := pauses[len(pauses)*99/100]
	work, mostWork := spread(worked)
	t.Logf("%d reloads, %d of them broken, beside %d packets; they waited for %d changes of rules, %v in the median, %v in 99 of 100, %v at most",
		reloads, r.bad, load.sender.sent, len(pauses), typical, slowest, longest)
	t.Logf("of that the work took %v in the median, %v at most", work, mostWork)
	t.Logf("the daemon waited for a processor %.0f %% of the time", 100*busy)
	late := took[len(took)*999/1000]
	t.Logf("from packet to alert meanwhile: %v in the median of %d, %v in 999 of 1,000, %v at most", median, len(took), late, most)
	if mostWork > longestPause {
		t.Errorf("the daemon worked for %v on one change of rules while packets waited, want %v at most for each", mostWork, longestPause)
	}
	half, tail := machine.allow(longestPause, 0.5), machine.allow(slowestPause, 0.99)
	if typical > half || slowest > tail {
		t.Errorf("packets waited %v in the median for a reload and %v for one of 100, want %v and %v at most", typical, slowest, half, tail)
	}
	// A disk that others write to may keep the file waiting now and then.
	if most := machine.allow(time.Second, 0.999); late > most {
		t.Errorf("one alert of a thousand took %v, want at most %v", late, most)
	}
	flat(t, measured)
}

// TestReloadVerb reloads as people do.
func TestReloadVerb(t *testing.T) {
	need(t, "ip", "ethtool")
	l := newLAN(t)
	s := startSensor(l.home, settings(ownRules), map[string]string{"own.hcl": probeRule})
	s.put("rules/scan.hcl", scanRule)
	if out, status := s.verb("reload"); status != 0 || !strings.Contains(out, "scan") {
		t.Errorf("reload of a good file: status %d\n%s", status, out)
	}
	s.put("rules/scan.hcl", strings.Replace(scanRule, "tcp.dstport", "tcp.dport", 1))
	if out, status := s.verb("reload"); status != 1 || !strings.Contains(out, filepath.Join("rules", "scan.hcl")+":4:") {
		t.Errorf("reload of a broken file: status %d\n%s", status, out)
	}
	if out, status := s.verb("status"); status != 1 || !strings.Contains(out, "errors") {
		t.Errorf("status with a broken file: status %d\n%s", status, out)
	}
	if got := s.metrics()["ruleids_rules_broken"]; got != 1 {
		t.Errorf("ruleids_rules_broken is %v, want 1", got)
	}
	// The rules before run on, the new one too.
	send := l.remote.newSender()
	for port := range 5 {
		if err := send.send(syn(scanner(1), 40000, 5000+port)); err != nil {
			t.Fatal(err)
		}
	}
	s.eve.alert(0, "scan")
	before := s.out.len()
	s.put("rules/scan.hcl", scanRule)
	s.logged(before, "the rule files are valid again")
	if out, status := s.verb("status"); status != 0 {
		t.Errorf("status after the next good save: status %d\n%s", status, out)
	}
	s.stop()
	s.checkFile(1)
}
