package store_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/ruleids/ruleids/fleet/store"
)

// VictoriaLogs says when it was started in whole seconds. One that was started in this second is waited for: if it were started again at
// once, nobody could tell, and what it had not written yet would be lost.
func TestVictoriaJustStarted(t *testing.T) {
	var asked atomic.Int64
	logs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			fmt.Fprintf(w, "process_start_time_seconds 1795997818\nvm_app_uptime_seconds %d\n", max(0, asked.Add(1)-3))
		}
	}))
	defer logs.Close()
	v, err := store.OpenVictoria(t.Context(), store.VictoriaOptions{URL: logs.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if n := asked.Load(); n != 4 {
		t.Errorf("it was asked %d times, and has run for a second at the fourth", n)
	}
}
