package server

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/fleet/state"
)

// manyEnv is the environment variable with the number of agents of TestMany; without it the test is skipped.
const manyEnv = "RULEIDS_FLEET_AGENTS"

// TestMany has many agents that raise an alert every two seconds, and one that raises 2,000 a second: each alert is in the store, or
// counted. Agents and server are one process, so that what it takes is more than a server takes.
func TestMany(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(manyEnv))
	if n == 0 {
		t.Skip(manyEnv + " is not set; make fleet-test sets it")
	}
	const lasts = 30 * time.Second
	w := newWorld(t)
	agents := make([]*agent, n)
	begin := time.Now()
	for i := range agents {
		if i >= 40 {
			time.Sleep(100 * time.Millisecond) // so many may join at a time
		}
		agents[i] = w.join(fmt.Sprintf("agent-%d", i), state.Labels{"site": fmt.Sprint(i % 10)})
	}
	noisy := w.join("noisy", nil)
	eventually(t, 2*time.Minute, "all are connected", func() bool {
		on := 0
		for _, a := range agents {
			if a.link.Status().Connected {
				on++
			}
		}
		return on == n
	})
	t.Logf("%d agents joined and connected in %v", n, time.Since(begin).Round(time.Millisecond))
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		t.Fatal(err)
	}
	var raising sync.WaitGroup
	raising.Go(func() {
		for range int(lasts / (10 * time.Millisecond)) {
			noisy.raise(20)
			time.Sleep(10 * time.Millisecond)
		}
	})
	for range int(lasts / (2 * time.Second)) {
		for _, a := range agents {
			a.raise(1)
			time.Sleep(2 * time.Second / time.Duration(n))
		}
	}
	raising.Wait()
	want := uint64(n) * uint64(lasts/(2*time.Second))
	stored := func() (calm uint64, loud int) {
		var page struct {
			Alerts []struct {
				Ruleids struct {
					Rule   string
					Values map[string]int
				}
			}
			Next *string
		}
		cursor := ""
		for {
			page.Next, page.Alerts = nil, nil
			w.ask("GET", "/api/v1/alerts?limit=1000&cursor="+cursor+"&agent=noisy", "", &page)
			for _, a := range page.Alerts {
				if a.Ruleids.Rule == link.SummaryRule {
					loud += a.Ruleids.Values["alerts"]
				} else {
					loud++
				}
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		var stats struct {
			Total  uint64
			Agents []struct {
				Name  string
				Count uint64
			}
		}
		w.ask("GET", "/api/v1/stats?since=1h&rule=test_rule&top=1", "", &stats)
		calm = stats.Total
		for _, a := range stats.Agents {
			if a.Name == "noisy" {
				calm -= a.Count
			}
		}
		return calm, loud
	}
	eventually(t, time.Minute, "each alert is there, or counted", func() bool {
		calm, loud := stored()
		return calm == want && loud == noisy.n
	})
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		t.Fatal(err)
	}
	cpu := time.Duration(after.Utime.Nano()+after.Stime.Nano()-before.Utime.Nano()-before.Stime.Nano()).Seconds() / lasts.Seconds()
	runtime.GC()
	t.Logf("%d alerts of the calm, %d of the noisy one; %.2f processors, at most %d MiB, both ends together", want, noisy.n, cpu, after.Maxrss/1024)
}
