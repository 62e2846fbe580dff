package api_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/state"
)

// TestViewers: a thousand watch at once, each gets what happens, and the server takes under 100 MB for them. The watchers are in this
// process, too, and count.
func TestViewers(t *testing.T) {
	const viewers, most = 1000, 100 << 20
	w := newWorld(t)
	memory := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := memory()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var ready, got sync.WaitGroup
	var mu sync.Mutex
	missing := 0
	for range viewers {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+w.keys[state.Viewer])
		ready.Add(1)
		got.Go(func() {
			answer, err := client.Do(r)
			ready.Done()
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			lines, seen := bufio.NewReaderSize(answer.Body, 4096), 0
			for seen < 10 {
				line, err := lines.ReadString('\n')
				if err != nil {
					mu.Lock()
					missing++
					mu.Unlock()
					return
				}
				seen += strings.Count(line, `{"n":`)
			}
		})
	}
	ready.Wait()
	took := uint64(0)
	for n := range 10 {
		w.live.Add("alert", fmt.Appendf(nil, `{"n":%d}`, n))
		time.Sleep(50 * time.Millisecond)
	}
	if now := memory(); now > before {
		took = now - before
	}
	got.Wait()
	t.Logf("%d viewers take %.1f MB, both sides together", viewers, float64(took)/(1<<20))
	if missing > 0 {
		t.Errorf("%d viewers missed something", missing)
	}
	if took > most {
		t.Errorf("%d viewers take %d bytes", viewers, took)
	}
}
