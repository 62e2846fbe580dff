package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
)

// largeEnv is the environment variable with how many alerts TestLarge stores; without it the test is skipped.
const largeEnv = "RULEIDS_FLEET_ALERTS"

// TestLarge stores many alerts of a week, and holds 95 of 100 queries to 300 ms.
func TestLarge(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(largeEnv))
	if n == 0 {
		t.Skip(largeEnv + " is not set; make fleet-test sets it")
	}
	s := newStore(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	rules := []string{"port_scan", "host_sweep", "brute_force", "dns_tunnel", "syn_flood", "honeypot_touch"}
	const week = 7 * 24 * 3600
	start := time.Now()
	for done := 0; done < n; {
		var es []*Entry
		for range min(1000, n-done) {
			src := fmt.Sprintf("203.%d.%d.%d", r.IntN(4), r.IntN(50), 1+r.IntN(250))
			e := raised(fmt.Sprintf("agent-%d", r.IntN(50)), done+len(es), rules[r.IntN(len(rules))], scale.Severity(1+r.IntN(4)), src)
			// In the order in which a fleet raises them.
			e.Time = noon.Add(-time.Duration(float64(week) * (1 - float64(done+len(es))/float64(n)) * float64(time.Second)))
			es = append(es, e)
		}
		if err := s.Append(t.Context(), es); err != nil {
			t.Fatal(err)
		}
		done += len(es)
	}
	stored := time.Since(start)
	status := s.Status()
	t.Logf("%d alerts in %v, %.0f a second; %d bytes an alert", n, stored.Round(time.Second), float64(n)/stored.Seconds(), status.Bytes/int64(n))
	texts := []string{"", "rule:port_scan", "severity:critical", "severity:high+", "agent:agent-7", "src:203.1.7.9", "src:203.1.7.0/24", "src:203.1.0.0/16", "198.51.100.1", "ip:192.0.2.10", "tried", "dns_tunnel",
		"tried agent:agent-3", "rule:brute_force severity:low agent:agent-9", "-rule:port_scan", "dport:1000", "since:1h", "since:24h rule:syn_flood", "203.2.3.4 tried", "nothing_has_this_word"}
	slow := map[string]time.Duration{}
	var times []time.Duration
	took := func(what string, f func() error) {
		t.Helper()
		begin := time.Now()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		d := time.Since(begin)
		times = append(times, d)
		slow[what] = max(slow[what], d)
	}
	for range 5 {
		for _, text := range texts {
			q, err := query.Parse(text, noon)
			if err != nil {
				t.Fatal(err)
			}
			took("list "+text, func() error {
				page, next, err := s.List(t.Context(), q, 0, 100)
				if err == nil && next != 0 {
					_, _, err = s.List(t.Context(), q, page[50].ID, 100)
				}
				return err
			})
		}
		for _, text := range []string{"since:1h", "since:24h", "since:7d", "since:7d severity:critical", "since:7d agent:agent-7"} {
			q, err := query.Parse(text+" until:now", noon)
			if err != nil {
				t.Fatal(err)
			}
			took("stats "+text, func() error { _, err := s.Stats(t.Context(), q, time.Hour, 10); return err })
		}
	}
	slices.Sort(times)
	p95 := times[len(times)*95/100]
	t.Logf("median %v, 95 of 100 within %v", times[len(times)/2], p95)
	for what, d := range slow {
		if d > 100*time.Millisecond {
			t.Logf("%v: %s", d, what)
		}
	}
	if p95 > 300*time.Millisecond {
		t.Errorf("95 of 100 queries take up to %v, more than 300ms", p95)
	}
}
