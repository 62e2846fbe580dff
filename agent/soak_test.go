package agent

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// reloadsEnv is the environment variable that says how many reloads of 1,000 rules TestReloadsUnderLoad does. Without
// it there are a few, of fewer rules.
const reloadsEnv = "RULEIDS_RELOADS"

// manyRules are n rules with windows of their own. Those from different variants differ in every hundredth rule.
func manyRules(n, variant int) string {
	var b strings.Builder
	for i := range n {
		threshold := 100 + i%7
		if i%100 == 0 {
			threshold += variant
		}
		fmt.Fprintf(&b, "rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp.flags.syn and tcp.dstport == %d\"\n  by = [\"ip.src\"]\n"+
			"  window \"%ds\" {\n    n = \"count()\"\n  }\n  threshold = %d\n  when = \"n >= threshold\"\n}\n", i, 1000+i, 10+i%5, threshold)
	}
	return b.String()
}

// TestReloadsUnderLoad reloads again and again, alternating good, broken and changed rule sets, while
// packets come without a pause. No packet is lost to it, packets hardly wait, scans in progress are caught at the
// packet at which they would be without reloads, and nothing leaks.
func TestReloadsUnderLoad(t *testing.T) {
	reloads, rules := 6, 200
	if s := os.Getenv(reloadsEnv); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%s: %v", reloadsEnv, err)
		}
		reloads, rules = n, 1000
	} else if testing.Short() {
		t.Skip("many rules are compiled many times")
	}
	// A scan has four ports before a reload and the fifth after it, and must be seen at the fifth.
	r := start(t, "rules {\n  poll = \"0s\"\n}\n", map[string]string{"scan.hcl": scanRule, "many.hcl": manyRules(rules, 0)})
	if err := r.rules.watch.close(); err != nil { // requests alone, so that they can be counted
		t.Fatal(err)
	}
	ctx := context.Background()
	variants := []string{manyRules(rules, 0), manyRules(rules, 1), manyRules(rules, 2)}

	var sent atomic.Uint64
	var clock atomic.Int64 // packet time since epoch, in microseconds: slow enough for a scan to last over a reload
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		noise := batchOf().Frames
		for i := range 512 {
			noise = append(noise, syn(t, fmt.Sprintf("10.1.%d.%d", i>>7, i&127), 1000+i, 0))
		}
		for {
			at := epoch.Add(time.Duration(clock.Add(1)) * time.Microsecond).UnixNano()
			for i := range noise {
				noise[i].Time = at
			}
			select {
			case <-stop:
				return
			case r.source.batches <- live.Batch{Frames: noise, Now: at}:
				sent.Add(uint64(len(noise)))
			}
			<-r.source.taken
		}
	}()
	scanned := uint64(0)
	scan := func(n, port int) {
		// The scan's packets go between those of the load.
		f := syn(t, fmt.Sprintf("198.51.%d.%d", n>>8, n&255), port, 0)
		f.Time += clock.Load() * int64(time.Microsecond)
		err := r.loop.do(ctx, func() { r.loop.process(batchOf(f).Frames, time.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		scanned++
	}
	var pauses, worked []float64
	good, bad := 0, 0
	reload := func(n int) {
		text := variants[n%3]
		if n%5 == 4 {
			text = strings.Replace(text, "tcp.dstport == 1100", "tcp.dport == 1100", 1)
		}
		r.write(t, "many.hcl", text)
		got, err := r.client.Reload(ctx)
		if err != nil || got.OK == (n%5 == 4) || got.Rules != rules+1 {
			t.Fatalf("reload %d: %v, ok %v, %d rules, %+v", n, err, got.OK, got.Rules, got.Problems)
		}
		if !got.OK {
			bad++
			return
		}
		good++
		if got.Changed {
			pauses, worked = append(pauses, got.PauseSeconds), append(worked, got.PauseCPUSeconds)
		}
	}
	reload(1) // everything has been used once
	runtime.GC()
	files, goroutines := openFiles(t), runtime.NumGoroutine()
	heap, rss := heapBytes(), residentBytes(t)
	var early, late int // the most that was resident in the second quarter of the reloads, and in the last
	for n := range reloads {
		for p := range 4 {
			scan(n, 5000+p)
		}
		before := len(r.outputs.of("scan"))
		reload(n)
		if got := len(r.outputs.of("scan")); got != before {
			t.Fatalf("reload %d: the scan was seen before its fifth port", n)
		}
		scan(n, 5004)
		if got := len(r.outputs.of("scan")); got != before+1 {
			t.Fatalf("reload %d: the scan was not seen at its fifth port", n)
		}
		switch 4 * n / reloads {
		case 1:
			early = max(early, residentBytes(t))
		case 3:
			late = max(late, residentBytes(t))
		}
	}
	close(stop)
	<-ended
	s, err := r.client.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if want := sent.Load() + scanned; s.Packets.Seen != want {
		t.Errorf("%d packets were processed of %d", s.Packets.Seen, want)
	}
	if int(s.Rules.FailedReloads) != bad || int(s.Rules.Reloads) != good {
		t.Errorf("%d reloads, %d failed; want %d and %d", s.Rules.Reloads, s.Rules.FailedReloads, good, bad)
	}
	slices.Sort(pauses)
	slices.Sort(worked)
	median, high, most := pauses[len(pauses)/2], pauses[len(pauses)*99/100], pauses[len(pauses)-1]
	work := worked[len(worked)-1]
	runtime.GC()
	t.Logf("%d reloads, %d packets beside them; packets waited %.3f ms in the median, %.3f ms in 99 of 100, %.3f ms at most",
		reloads, sent.Load(), median*1e3, high*1e3, most*1e3)
	t.Logf("of that the work took %.3f ms in the median, %.3f ms at most", worked[len(worked)/2]*1e3, work*1e3)
	t.Logf("heap %d -> %d kB, resident %d kB, then at most %d kB in the second quarter and %d kB in the last", heap>>10, heapBytes()>>10, rss>>10, early>>10, late>>10)
	// Another program may have the processor for some milliseconds while packets wait; the work on a change is ours.
	if work > 1e-3 {
		t.Errorf("the work on one change took %.3f ms, want less than 1 ms for each", work*1e3)
	}
	long := 0
	for _, p := range pauses {
		if p > 10e-3 {
			long++
		}
	}
	// One wait says how busy the machine was at that moment.
	if median > 1e-3 || long > max(1, len(pauses)/100) {
		t.Errorf("packets waited %.3f ms in the median and %.3f ms in one of 100, %d times for over 10 ms; want less than 1 and 10 ms", median*1e3, high*1e3, long)
	}
	// The collector lets the heap grow to twice what is alive while rules are compiled; from then on it stays.
	if late > early+early/5+16<<20 {
		t.Errorf("%d kB were resident in the last quarter, %d kB in the second", late>>10, early>>10)
	}
	if got := openFiles(t); got > files {
		t.Errorf("%d files are open, %d were", got, files)
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines, there were %d", got, goroutines)
	}
	if got := heapBytes(); got > heap+heap/2+32<<20 {
		t.Errorf("%d kB of heap, there were %d kB", got>>10, heap>>10)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("open files cannot be counted here: %v", err)
	}
	return len(entries)
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// residentBytes returns the memory that the process has.
func residentBytes(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("memory cannot be read here: %v", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
