package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	// metricsAddress is where the daemon serves its metrics, in the namespace of the receiving end.
	metricsAddress = "127.0.0.1:9477"

	// A scan of five ports a second is slow, and fast enough that half of it may be lost.
	scanTime = 12 * time.Second
	scanRate = 5

	// aim is how many times the rate that comes whole the sender is asked for: it falls behind a little whenever it sends a
	// packet of the scan. Less than least is not twice that rate.
	aim   = 2.3
	least = 1.95

	// rivals is how many busy processes the daemon shares its CPU with where the sender's CPU does the work of the
	// stack: on its own the daemon keeps up with whatever one CPU can send and put into a ring.
	rivals = 15
)

// check sends a flood with a scan in its midst at twice the rate that the daemon takes without loss, and says whether
// the scan was found and the losses were told.
func (s *session) check(ctx context.Context, b *bench, stackOnReceiver bool) ([]verdict, error) {
	programs, err := contenders()
	if err != nil {
		return nil, err
	}
	ours := programs[len(programs)-1]
	frames := mix(minFrame)
	if err := b.generator.load(frames); err != nil {
		return nil, err
	}
	if !stackOnReceiver {
		stop, err := b.burden(rivals)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	whole, err := s.search(ctx, b, ours, frames)
	if err != nil {
		return nil, err
	}
	if err := b.to.run("ip", "link", "set", "lo", "up"); err != nil {
		return nil, err
	}
	_ = os.Remove(b.eve()) // of the searches; where there is none, that is well
	r, err := startRuleids(b.to, b.program, b.dir, b.ring, metricsAddress)
	if err != nil {
		return nil, err
	}
	vs, err := b.overload(r, ours, frames, whole.rate, stackOnReceiver)
	return vs, errors.Join(err, r.close())
}

// burden starts busy processes on the CPU of the receiver, and returns what ends them.
func (b *bench) burden(n int) (stop func(), err error) {
	var all []*exec.Cmd
	stop = func() {
		for _, c := range all {
			_ = c.Process.Kill() // and if it is gone, so much the better
			_ = c.Wait()
		}
	}
	for range n {
		c := exec.Command("sh", "-c", "while :; do :; done")
		if err := b.to.start(c); err != nil {
			stop()
			return nil, err
		}
		all = append(all, c)
	}
	return stop, nil
}

// overload is the flood, and what is to be said of it. Where the receiver's CPU does the work of the stack, no sender of
// one CPU reaches twice what comes whole.
func (b *bench) overload(r *ruleids, ours contender, frames [][]byte, whole float64, stackOnReceiver bool) ([]verdict, error) {
	begun := time.Now()
	t, err := b.try(r, ours.wants, frames, aim*whole, scanTime, scan(minFrame, int(scanTime.Seconds())*scanRate))
	if err != nil {
		return nil, err
	}
	st, err := r.status()
	if err != nil {
		return nil, err
	}
	metrics, err := b.metrics()
	if err != nil {
		return nil, err
	}
	found, err := findScan(b.eve())
	if err != nil {
		return nil, err
	}
	// The daemon began with this run, so its sums are those of the run.
	lost := t.dropped + t.refused
	vs := []verdict{
		{lost > 0 && (stackOnReceiver || t.rate() > least*whole), fmt.Sprintf("overload: %.2fM packets/s for %v, %.1f times the %.2fM/s that come whole; %.1f%% were lost", t.rate()/1e6,
			scanTime, t.rate()/whole, whole/1e6, 100*float64(lost)/float64(t.expected))},
		{t.passed+t.dropped+t.refused == t.expected, fmt.Sprintf("sent %d = %d that the ring took + %d dropped for want of room + %d dropped before the ring (%+d)",
			t.expected, t.passed, t.dropped, t.refused, int64(t.passed+t.dropped+t.refused)-int64(t.expected))},
		{t.seen == t.passed, fmt.Sprintf("every packet that the ring took was looked at: %d of %d", t.seen, t.passed)},
		{st.Capture.Dropped == t.dropped && metrics["ruleids_capture_dropped_total"] == float64(t.dropped),
			fmt.Sprintf("status and metrics tell of the drops: %d and %.0f", st.Capture.Dropped, metrics["ruleids_capture_dropped_total"])},
		{st.Capture.Missed == t.refused && metrics["ruleids_capture_missed_total"] == float64(t.refused),
			fmt.Sprintf("and of those before the ring: %d and %.0f", st.Capture.Missed, metrics["ruleids_capture_missed_total"])},
	}
	if found == nil {
		return append(vs, verdict{false, "the scan in the flood was not found"}), nil
	}
	at, err := time.Parse("2006-01-02T15:04:05.999999-0700", found.Timestamp)
	return append(vs, verdict{found.Ruleids.CaptureLoss > 0, fmt.Sprintf("the scan in the flood was found after %.1f s; its alert says that %d packets were lost",
		at.Sub(begun).Seconds(), found.Ruleids.CaptureLoss)}), err
}

// metrics reads the daemon's metrics; those with several labels are added up.
func (b *bench) metrics() (map[string]float64, error) {
	var conn net.Conn
	// The socket is made on the thread of the site.
	err := b.to.do(func() (err error) {
		conn, err = net.DialTimeout("tcp", metricsAddress, patience)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /metrics HTTP/1.0\r\nAccept: text/plain\r\n\r\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	sums := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			sums[name] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sums, err
}

// An eveAlert is what is looked at of an alert in EVE JSON.
type eveAlert struct {
	Timestamp string `json:"timestamp"`
	Source    string `json:"src_ip"`
	Ruleids   struct {
		Rule        string `json:"rule"`
		CaptureLoss uint64 `json:"capture_loss"`
	} `json:"ruleids"`
}

// findScan returns the first alert of the scan, nil for none.
func findScan(name string) (*eveAlert, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		var a eveAlert
		if json.Unmarshal([]byte(line), &a) == nil && a.Ruleids.Rule == "port_scan" && a.Source == scanner.String() {
			return &a, nil
		}
	}
	return nil, nil
}
