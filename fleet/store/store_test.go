package store

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T, opt Options) *Store {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Keep == 0 {
		opt.Keep = 90 * 24 * time.Hour
	}
	if opt.KeepSize == 0 {
		opt.KeepSize = 1 << 40
	}
	if opt.Now == nil {
		opt.Now = func() time.Time { return noon }
	}
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// raised is the n-th alert of an agent, one a second before noon for each n.
func raised(agent string, n int, rule string, severity scale.Severity, src string) *Entry {
	a := &alert.Alert{Time: noon.Add(-time.Duration(n) * time.Second).UnixNano(), Layers: packet.LayerFrame | packet.LayerIP | packet.LayerPorts | packet.LayerTCP, IPProto: 6, IPVersion: 4,
		Src: packet.AddrFromNetip(netip.MustParseAddr(src)), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.10")), SrcPort: 40000, DstPort: uint16(1000 + n),
		Rule: rule, Description: "One source tries many ports.", Category: "recon", Severity: severity, Attack: []string{"T1046"}, Message: src + " tried ports"}
	return NewEntry(a, Origin{"id-" + agent, 1, uint64(n + 1)}, agent, noon)
}

func list(t *testing.T, s *Store, text string, before ID, limit int) ([]*Stored, ID) {
	t.Helper()
	q, err := query.Parse(text, noon)
	if err != nil {
		t.Fatal(err)
	}
	out, next, err := s.List(t.Context(), q, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	return out, next
}

func fill(t *testing.T, s *Store) {
	t.Helper()
	var es []*Entry
	for n := range 100 {
		rule, severity := "port_scan", scale.SeverityHigh
		if n%10 == 0 {
			rule, severity = "ssh_brute_force", scale.SeverityCritical
		}
		es = append(es, raised([]string{"berlin", "paris"}[n%2], n, rule, severity, fmt.Sprintf("198.51.100.%d", n)))
	}
	if err := s.Append(t.Context(), es); err != nil {
		t.Fatal(err)
	}
}

// TestOnce: an alert that comes again, in whatever company, is stored once, after a restart too.
func TestOnce(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s := newStore(t, Options{Dir: dir})
		for range 2 {
			fill(t, s)
		}
		if err := s.Append(t.Context(), []*Entry{raised("berlin", 4, "port_scan", scale.SeverityHigh, "198.51.100.4"), raised("berlin", 4, "port_scan", scale.SeverityHigh, "198.51.100.4")}); err != nil {
			t.Fatal(err)
		}
		if got, _ := list(t, s, "", 0, 1000); len(got) != 100 {
			t.Errorf("%d alerts, want 100", len(got))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestQueries holds what each term finds against what the alerts say.
func TestQueries(t *testing.T) {
	s := newStore(t, Options{})
	fill(t, s)
	for text, want := range map[string]int{
		"": 100, "rule:port_scan": 90, "rule:ssh_brute_force": 10, "rule:ssh_brute_force,port_scan": 100, "-rule:port_scan": 10, "rule:none": 0, "-rule:none": 100,
		"severity:critical": 10, "severity:high+": 100, "severity:low": 0, "agent:berlin": 50, "agent:berlin severity:critical": 10, "agent:paris severity:critical": 0,
		"src:198.51.100.7": 1, "src:198.51.100.0/28": 16, "-src:198.51.100.0/28": 84, "ip:192.0.2.10": 100, "198.51.100.7": 1, "dst:192.0.2.0/24": 100, "ip:2001:db8::1": 0,
		"dport:1000": 1, "port:40000": 100, "sport:1": 0, "-port:1001,1002": 98, "proto:tcp": 100, "proto:udp": 0, "attack:T1046": 100, "attack:T1110": 0,
		"tried": 100, "brute": 0, "ssh_brute": 10, `"many ports"`: 100, `"198.51.100.7"`: 11, "-ssh_brute": 90, "tried agent:berlin": 50, "since:10s": 11, "since:10s until:5s": 5,
		"category:recon": 100, "-category:recon": 0, "!!": 0,
	} {
		if got, _ := list(t, s, text, 0, 1000); len(got) != want {
			t.Errorf("%q finds %d alerts, want %d", text, len(got), want)
		}
	}
}

// TestPages: pages follow each other without gaps or repeats, the newest first, over the end of a day too.
func TestPages(t *testing.T) {
	s := newStore(t, Options{})
	var es []*Entry
	for n := range 50 {
		e := raised("berlin", n, "port_scan", scale.SeverityHigh, "198.51.100.7")
		e.Time = noon.Add(-time.Duration(n/2) * time.Hour) // two each at the same microsecond
		es = append(es, e)
	}
	if err := s.Append(t.Context(), es); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "tried", "src:198.51.100.7", "agent:berlin"} {
		seen, last, before := map[ID]bool{}, ID(1<<63-1), ID(0)
		for {
			page, next := list(t, s, text, before, 7)
			for _, x := range page {
				if seen[x.ID] || x.ID >= last {
					t.Fatalf("%q: %v comes again or out of order", text, x.ID)
				}
				seen[x.ID], last = true, x.ID
			}
			if before = next; next == 0 {
				break
			}
		}
		if len(seen) != 50 {
			t.Errorf("%q: %d alerts on all pages, want 50", text, len(seen))
		}
	}
	x, _ := list(t, s, "", 0, 1)
	if got, err := s.Get(t.Context(), x[0].ID); err != nil || got == nil || string(got.Body) != string(x[0].Body) {
		t.Errorf("Get returns %v, %v", got, err)
	}
	if got, err := s.Get(t.Context(), x[0].ID+77); err != nil || got != nil {
		t.Errorf("Get of no alert returns %v, %v", got, err)
	}
}

// TestStats: counts by the minute and counts of the alerts themselves say the same.
func TestStats(t *testing.T) {
	s := newStore(t, Options{})
	fill(t, s)
	for _, text := range []string{"", "tried", "proto:tcp"} {
		q, err := query.Parse(text+" since:1h until:now", noon.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Stats(t.Context(), q, time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		if got.Total != 100 || got.Severity["high"] != 90 || got.Severity["critical"] != 10 || got.Severity["low"] != 0 {
			t.Errorf("%q: %+v", text, got)
		}
		if len(got.Timeline) != 60 || got.Timeline[59].Total != 1 || got.Timeline[58].Total != 60 || got.Timeline[57].Critical != 3 {
			t.Errorf("%q: timeline ends with %+v", text, got.Timeline[max(0, len(got.Timeline)-3):])
		}
		if len(got.Sources) != 10 || got.Sources[0].Count != 1 || len(got.Agents) != 2 || got.Agents[0].Count != 50 || got.Rules[0] != (Count{"port_scan", 90}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// TestExpire: what is older than is kept goes with its file, and so do the oldest days of too many bytes.
func TestExpire(t *testing.T) {
	now := noon
	s := newStore(t, Options{Keep: 3 * 24 * time.Hour, Now: func() time.Time { return now }})
	for d := range 3 {
		e := raised("berlin", d, "port_scan", scale.SeverityHigh, "198.51.100.7")
		e.Time = noon.Add(-time.Duration(d) * 24 * time.Hour)
		if err := s.Append(context.Background(), []*Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Status(); got.Days != 3 || got.Oldest != "2026-11-27" {
		t.Fatalf("%+v", got)
	}
	now = noon.Add(2 * 24 * time.Hour)
	if err := s.Expire(); err != nil {
		t.Fatal(err)
	}
	if got := s.Status(); got.Days != 2 || got.Oldest != "2026-11-28" {
		t.Errorf("%+v", got)
	}
	s.opt.KeepSize = 1
	if err := s.Expire(); err != nil {
		t.Fatal(err)
	}
	if got := s.Status(); got.Days != 0 {
		t.Errorf("%+v", got)
	}
}

// TestOddTimes: an alert from the future, or of a time that is not kept any more, is filed by when it came.
func TestOddTimes(t *testing.T) {
	s := newStore(t, Options{})
	for i, at := range []time.Time{noon.Add(48 * time.Hour), noon.Add(-400 * 24 * time.Hour), time.Unix(-5, 0)} {
		e := raised("berlin", i, "port_scan", scale.SeverityHigh, "198.51.100.7")
		e.Time = at
		if err := s.Append(t.Context(), []*Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := list(t, s, "since:1s", 0, 10)
	if len(got) != 3 {
		t.Errorf("%d of 3 are filed by the time at which they came", len(got))
	}
}

// TestSameTime: thousands of alerts of one microsecond are stored, each under an id of its own, in little time.
func TestSameTime(t *testing.T) {
	s := newStore(t, Options{})
	for part := range 5 {
		var es []*Entry
		for n := range 1000 {
			e := raised("berlin", part*1000+n, "port_scan", scale.SeverityHigh, "198.51.100.7")
			e.Time = noon
			es = append(es, e)
		}
		if err := s.Append(t.Context(), es); err != nil {
			t.Fatal(err)
		}
		if part == 2 {
			for _, d := range s.days {
				clear(d.free) // as after a restart
			}
		}
	}
	if got, _ := list(t, s, "", 0, 10_000); len(got) != 5000 {
		t.Errorf("%d alerts, want 5000", len(got))
	}
}

// TestSampled: of words that very many alerts have some are counted, in all steps, and counts are near what they should be.
func TestSampled(t *testing.T) {
	before := mostHits
	mostHits = 200
	t.Cleanup(func() { mostHits = before })
	s := newStore(t, Options{})
	var es []*Entry
	const n = 6000
	for i := range n {
		rule := "port_scan"
		if i%3 == 0 {
			rule = "host_sweep"
		}
		es = append(es, raised("berlin", i, rule, scale.SeverityHigh, fmt.Sprintf("198.51.100.%d", i%5)))
	}
	if err := s.Append(t.Context(), es); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"tried": n, "host_sweep": n / 3, "nothing": 0} {
		q, err := query.Parse(text, noon)
		if err != nil {
			t.Fatal(err)
		}
		q.Since, q.Until = noon.Add(-2*time.Hour), noon.Add(time.Minute)
		got, err := s.Stats(t.Context(), q, 10*time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		if sampled := got.Sampled > 1; sampled != (want > 200) || got.Total < want*8/10 || got.Total > want*12/10 {
			t.Errorf("%s: %d of %d, one in %d", text, got.Total, want, got.Sampled)
		}
		sum := 0
		for _, x := range got.Sources {
			sum += x.Count
		}
		if sum != got.Total || want > 0 && got.Rules[0].Count == 0 {
			t.Errorf("%s: %d alerts by source, %d in all; %v", text, sum, got.Total, got.Rules)
		}
		for _, x := range got.Timeline[2 : len(got.Timeline)-2] {
			if want > 0 && x.Total == 0 && x.Time.After(noon.Add(-n*time.Second)) {
				t.Errorf("%s: none at %v", text, x.Time)
			}
		}
	}
}

// TestFacts: what is in memory of a day is right after alerts came late, after it was written to a file, and where that is damaged or
// behind.
func TestFacts(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, Options{Dir: dir})
	if got, _ := list(t, s, "", 0, 10); len(got) != 0 {
		t.Fatal(got)
	}
	add := func(from, to int) {
		t.Helper()
		for i := to - 1; i >= from; i -= 100 {
			var es []*Entry
			for n := i; n > i-100 && n >= from; n-- {
				es = append(es, raised("berlin", n, "port_scan", scale.SeverityHigh, fmt.Sprintf("198.51.100.%d", n%7)))
			}
			if err := s.Append(t.Context(), es); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(what string, want int) {
		t.Helper()
		got, _ := list(t, s, "src:198.51.100.3", 0, 100000)
		if len(got) != want/7 {
			t.Errorf("%s: %d alerts, not %d", what, len(got), want/7)
		}
		for i := 1; i < len(got); i++ {
			if got[i].ID >= got[i-1].ID {
				t.Fatalf("%s: not in order", what)
			}
		}
	}
	add(3500, 7000)
	check("half", 3500)
	add(0, 3500)
	check("all", 7000)
	reopen := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = newStore(t, Options{Dir: dir})
	}
	reopen()
	file := filepath.Join(dir, "alerts-2026-11-29.db-facts")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	check("from the file", 7000)
	add(7000, 7700)
	check("and more", 7700)
	reopen()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	check("a file that is behind", 7700)
	reopen()
	text[len(text)/2] ^= 1
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	check("a damaged file", 7700)
}

// TestSettled: the words of a day that is over are in one piece after a while, and are found there; today's are left alone.
func TestSettled(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, Options{Dir: dir})
	const n, before = 40, 24 * 60 * 60
	for i := range n {
		for _, at := range []int{i, before + i} {
			if err := s.Append(t.Context(), []*Entry{raised("berlin", at, "some_rule", scale.SeverityLow, "203.0.113.7")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	pieces := func(date string) (n int) {
		t.Helper()
		if err := s.read(t.Context(), date, func(d *day) error {
			return d.db.QueryRow(`SELECT count(DISTINCT segid) FROM word_idx`).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const yesterday, today = "2026-11-28", "2026-11-29"
	if a, b := pieces(yesterday), pieces(today); a < 2 || b < 2 {
		t.Fatalf("%d and %d pieces", a, b)
	}
	s.Close()
	s = newStore(t, Options{Dir: dir})
	for start := time.Now(); s.Status().Settled < 1; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("no day is settled")
		}
	}
	if a, b := pieces(yesterday), pieces(today); a != 1 || b < 2 {
		t.Errorf("%d and %d pieces", a, b)
	}
	if found, _ := list(t, s, "some_rule 203.0.113.7", 0, 1000); len(found) != 2*n {
		t.Errorf("%d alerts found", len(found))
	}
}
