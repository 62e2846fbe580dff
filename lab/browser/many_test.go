package browser

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/fleet/store/storetest"
)

const (
	// manyEnv is the environment variable with how many alerts of a week TestMany has; fewAlerts are those without it.
	manyEnv   = "RULEIDS_FLEET_ALERTS"
	fewAlerts = 20_000
	// manyDirEnv names a directory that keeps the server of TestMany for the next time; without it it goes.
	manyDirEnv = "RULEIDS_FLEET_SERVER"
)

// TestMany: with very many alerts every page shows what it asked for within shownWithin, and a search finds one among them.
func TestMany(t *testing.T) {
	t.Parallel()
	const shownWithin = 5 * time.Second
	n, _ := strconv.Atoi(cmp.Or(os.Getenv(manyEnv), strconv.Itoa(fewAlerts)))
	dir := cmp.Or(os.Getenv(manyDirEnv), t.TempDir())
	alerts := filepath.Join(dir, "alerts")
	if err := os.MkdirAll(alerts, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Options{Dir: alerts, Keep: 90 * 24 * time.Hour, KeepSize: 1 << 40, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if s.Status().Days == 0 {
		err = storetest.Fill(t.Context(), s, n, 7*24*time.Hour, time.Now())
	}
	if err := cmp.Or(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	b := open(t, newServerIn(t, dir, false))
	var total struct{ Total int }
	b.eval(`fetch("/api/v1/stats?since=30d").then((r) => r.json())`, &total)
	if total.Total != n {
		t.Fatalf("%d alerts of %d", total.Total, n)
	}
	for _, path := range append(b.pages(), "/analytics?since=7d", "/inbox?since=7d", "/feed?q=rule:rule_40", "/feed?q=beacon", "/feed?q=src:"+storetest.Source(3).String(), "/rules?name=rule_3") {
		began := time.Now()
		b.visit(path)
		took := time.Since(began)
		t.Logf("%s: shown after %v", path, took.Round(time.Millisecond))
		if took > shownWithin {
			t.Errorf("%s: shown after %v only", path, took)
		}
		if b.is(`document.querySelector("main .problem, .drawer .problem") && !location.search.includes("name=")`) {
			t.Errorf("%s: something is wrong", path)
		}
	}
	b.visit("/feed")
	if !b.is(`document.querySelectorAll(".feedrow").length > 10`) {
		t.Error("the feed has no rows")
	}
}
