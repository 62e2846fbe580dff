package browser

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/fleet/store/storetest"
)

const (
	// manyEnv is the environment variable with how many alerts of a week TestMany has; fewAlerts are those without it.
	manyEnv   = "RULEIDS_FLEET_ALERTS"
	fewAlerts = 20_000
	// manyDirEnv names a directory that keeps the alerts of TestMany for the next time, up to 30 days; without it they go.
	manyDirEnv = "RULEIDS_FLEET_MANY"
)

// TestMany: with very many alerts every page shows what it asked for within shownWithin, and a search finds one among them.
func TestMany(t *testing.T) {
	t.Parallel()
	const shownWithin = 5 * time.Second
	n, _ := strconv.Atoi(cmp.Or(os.Getenv(manyEnv), strconv.Itoa(fewAlerts)))
	dir := t.TempDir()
	alerts := filepath.Join(dir, "alerts")
	if kept := os.Getenv(manyDirEnv); kept != "" {
		if err := os.Symlink(kept, alerts); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(store.Options{Dir: alerts, Keep: 90 * 24 * time.Hour, KeepSize: 1 << 40, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if s.Status().Days == 0 {
		err = storetest.Fill(t.Context(), s, n, 7*24*time.Hour, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	sum, err := s.Stats(t.Context(), &query.Query{Since: time.Now().Add(-30 * 24 * time.Hour), Until: time.Now().Add(time.Hour)}, time.Hour, 1)
	if err := cmp.Or(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if sum.Total < n { // a server that was here before may have raised some itself
		t.Fatalf("%d alerts of %d", sum.Total, n)
	}
	b := open(t, newServerIn(t, dir, false))
	b.tolerate(true) // of a request that takes too long
	for _, path := range append(b.pages(), "/analytics?since=7d", "/inbox?since=7d", "/feed?q=rule:rule_40", "/feed?q=beacon", "/feed?q=src:"+storetest.Source(3).String(), "/rules?by=cost") {
		// A machine that does other work besides makes pages late, but takes no more of a processor for them. The first look at a day reads
		// it from the disk.
		var took, cpu time.Duration
		for range 3 {
			began, before := time.Now(), cpuTime(t)
			b.do(navigate(b.base + path))
			b.wait(2*time.Minute, settled)
			took, cpu = time.Since(began), cpuTime(t)-before
			if took <= shownWithin && !b.is(wrong) {
				break
			}
		}
		t.Logf("%s: shown after %v; %v of a processor", path, took.Round(time.Millisecond), cpu.Round(time.Millisecond))
		if took > shownWithin && cpu > shownWithin || cpu < shownWithin && took < shownWithin && b.is(wrong) {
			t.Errorf("%s: shown after %v, %v of a processor", path, took, cpu)
		}
	}
	b.visit("/feed")
	b.wait(2*time.Minute, `document.querySelectorAll(".feedrow").length > 10`)
}

// wrong holds where a page says that something is.
const wrong = `document.querySelector("main .problem")`

// cpuTime is what this process, the server in it, has taken of processors; the browser is another.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
