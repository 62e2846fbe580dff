package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/fleet/store/storetest"
)

// TestVictoria: the same alerts in SQLite and in VictoriaLogs answer the same queries with the same alerts and counts, each alert
// there once however often it was sent, also after VictoriaLogs was killed.
func TestVictoria(t *testing.T) {
	logs := storetest.NewVictoriaLogs(t)
	ctx := t.Context()
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	now := func() time.Time { return noon }
	own, err := store.Open(store.Options{Dir: t.TempDir(), Keep: 90 * 24 * time.Hour, KeepSize: 1 << 40, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	open := func() *store.Victoria {
		v, err := store.OpenVictoria(ctx, store.VictoriaOptions{URL: logs.URL, Keep: 90 * 24 * time.Hour, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		return v
	}
	theirs := open()
	const n, span = 6000, 50 * time.Hour
	crowd := storetest.NewCrowd(5)
	var all []*store.Entry
	for i := range n {
		all = append(all, crowd.Next(noon.Add(-span+time.Duration(float64(i)/n*float64(span)))))
	}
	give := func(to store.Alerts, entries []*store.Entry) {
		t.Helper()
		// Each store files entries by itself.
		text, err := store.Encode(entries)
		if err != nil {
			t.Fatal(err)
		}
		copies, err := store.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Append(ctx, copies); err != nil {
			t.Fatal(err)
		}
	}
	for part := range slices.Chunk(all, 500) {
		give(own, part)
		give(theirs, part)
	}
	give(theirs, all[100:700]) // again
	logs.Kill()                // in the moment after
	logs.Start()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		logs.Flush()
		if s, err := theirs.Stats(ctx, &query.Query{Since: noon.Add(-span - time.Hour), Until: noon}, time.Hour, 1); err == nil && s.Total == n {
			break
		}
	}
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	theirs = open() // a server that was started again does not know what it stored
	give(theirs, all[5500:])
	give(theirs, all[:300])
	if s := theirs.Status(); s.Stored != 0 || s.Duplicates != 800 {
		t.Errorf("%+v", s)
	}
	logs.Flush()
	for _, text := range []string{"", "rule:rule_0", "rule:rule_3,rule_40", "-rule:rule_0", "severity:critical", "severity:high+", "-severity:low", "category:recon,c2", "agent:agent-3", "-agent:agent-0", "proto:udp", "dport:22", "port:443", "-dport:22,80",
		fmt.Sprintf("src:%s", storetest.Source(1)), fmt.Sprintf("dst:%s", storetest.Target(0)), fmt.Sprint(storetest.Source(2)), fmt.Sprintf("-ip:%s", storetest.Source(0)), "src:11.0.0.0/8", "src:2001:db8::/32", "dst:10.20.0.0/28", "ip:12.0.0.0/7",
		"tunnel", "tun", "kind", "ticket-1", "-beacon", "beacon upload", "attack:T1013", "T1", "rule_1", "ule_1", "10.20.0", "20.0", "\"sweep of\"", "of 1", "nothing_has_this", "rule:none", "...", "Ticket-2", "tunnel agent:agent-1 severity:high+", "since:3h", "since:30h until:20h scan",
	} {
		q, err := query.Parse(text, noon)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		page := func(from store.Alerts) (out []string) {
			for before := store.ID(0); ; {
				list, next, err := from.List(ctx, q, before, 400)
				if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				for _, x := range list {
					out = append(out, fmt.Sprint(x.ID.Time(), x.Agent, x.Received, string(x.Body)))
				}
				if before = next; next == 0 || len(out) > 1500 {
					return out
				}
			}
		}
		a, b := page(own), page(theirs)
		if !slices.Equal(a, b) {
			t.Errorf("%q: %d alerts in SQLite, %d in VictoriaLogs", text, len(a), len(b))
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Errorf("the first that differs:\n%.300s\n%.300s", a[i], b[i])
					break
				}
			}
		}
		sq := *q
		if sq.Since.IsZero() {
			sq.Since = noon.Add(-span - time.Hour)
		}
		if sq.Until.IsZero() {
			sq.Until = noon
		}
		count := func(from store.Alerts) string {
			s, err := from.Stats(ctx, &sq, 30*time.Minute, 10)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			// Sources with the same count are in no order.
			s.Sources = slices.DeleteFunc(s.Sources, func(c store.Count) bool { return len(s.Sources) == 10 && c.Count == s.Sources[9].Count })
			out, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		if x, y := count(own), count(theirs); x != y {
			t.Errorf("%q: counts of SQLite and VictoriaLogs:\n%.300s\n%.300s", text, x, y)
		}
		if len(a) > 0 {
			list, _, err := theirs.List(ctx, q, 0, 1)
			if err != nil || len(list) != 1 {
				t.Fatal(err)
			}
			if one, err := theirs.Get(ctx, list[0].ID); err != nil || one == nil || string(one.Body) != string(list[0].Body) {
				t.Errorf("%q: %v %v", text, one, err)
			}
		}
	}
}
