package reputation

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

// TestRate asks for more than the quota allows. The second half of a day is for indicators near a threshold.
func TestRate(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) { c.RequestsPerDay = 30 }, func(w *world) {
		w.after(6 * time.Hour) // from 2000-01-01 06:00 UTC, by the clock of the bubble
		begin := time.Now()
		for i := range 40 {
			w.tier(fmt.Sprintf("8.8.1.%d", i))
		}
		w.after(time.Second)
		if n := len(w.when()); n != 4 {
			t.Fatalf("%d requests at once, want 4", n)
		}
		w.after(time.Hour)
		if n := len(w.when()); n != 15 {
			t.Fatalf("%d requests about indicators far from any threshold, want 15", n)
		}
		w.sources.StandingAt(KindVirusTotal, "8.8.1.10", nearby) // it waits already
		w.after(time.Minute)
		if n := len(w.when()); n != 16 {
			t.Fatalf("%d requests after one came near, want 16", n)
		}
		for i := range 40 {
			w.sources.StandingAt(KindVirusTotal, fmt.Sprintf("8.8.2.%d", i), nearby)
		}
		w.after(time.Hour)
		if n := len(w.when()); n != 30 {
			t.Fatalf("%d requests in a day, want 30", n)
		}
		if s := w.status(); s.State != StateSpent || !s.Healthy || s.Today != 30 || !s.RetryAt.Equal(time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v", s)
		}
		w.after(17 * time.Hour)
		times := w.when()
		if n := len(times); n != 56 || times[30].Before(begin.Truncate(24*time.Hour).Add(24*time.Hour)) {
			t.Errorf("%d requests, the next day's first at %v", n, times[min(30, n-1)])
		}
		for i, at := range times {
			if i >= 4 && at.Sub(times[i-4]) < time.Minute {
				t.Errorf("5 requests in %v, from %d", at.Sub(times[i-4]), i-4)
			}
		}
	})
}

// TestTrouble goes through what can come back instead of a report.
func TestTrouble(t *testing.T) {
	slow := func(rw http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	half := func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Length", "1000")
		_, _ = rw.Write([]byte(`{"data": {`))
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	text := func(s string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(s)) }
	}
	for name, c := range map[string]struct {
		answer       http.HandlerFunc
		state        State
		says         string
		least, most  time.Duration // of the time to the next try
		healthyAgain bool
	}{
		"hangs":      {slow, StateFailing, "no answer in time (15s)", 5 * time.Second, 7 * time.Second, true},
		"stops":      {half, StateFailing, "no answer in time (15s)", 5 * time.Second, 7 * time.Second, true},
		"500":        {problem(500, "TransientError", "try again"), StateFailing, "HTTP 500, TransientError: try again", 5 * time.Second, 7 * time.Second, true},
		"503 after":  {wait("120", problem(503, "TransientError", "x")), StateFailing, "HTTP 503", 2 * time.Minute, 3 * time.Minute, true},
		"proxy":      {text("<html>"), StateFailing, "the answer cannot be read", 5 * time.Second, 7 * time.Second, true},
		"other json": {text(`{"ok": true}`), StateFailing, "no last_analysis_stats", 5 * time.Second, 7 * time.Second, true},
		"negative":   {report(-1, 0, 0), StateFailing, "-1 engines", 5 * time.Second, 7 * time.Second, true},
		"bare 404":   {func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(404) }, StateFailing, "does the url lead to API v3?", 5 * time.Second, 7 * time.Second, true},
		"redirect": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://elsewhere.dev/", http.StatusFound)
		}, StateFailing, "HTTP 302", 5 * time.Second, 7 * time.Second, true},
		"quota":     {problem(429, "QuotaExceededError", "Quota exceeded"), StateQuota, "QuotaExceededError", time.Minute, 75 * time.Second, true},
		"too many":  {wait("7", problem(429, "TooManyRequestsError", "x")), StateQuota, "TooManyRequestsError", 7 * time.Second, 9 * time.Second, true},
		"at a date": {wait("Sat, 01 Jan 2000 03:00:00 GMT", problem(429, "QuotaExceededError", "x")), StateQuota, "Quota", 3*time.Hour - time.Second, 3*time.Hour + time.Minute, true},
		"for ever":  {wait("99999999999", problem(429, "QuotaExceededError", "x")), StateQuota, "Quota", 24 * time.Hour, 24*time.Hour + time.Minute, true},
		"no sense":  {wait("soon", problem(429, "QuotaExceededError", "x")), StateQuota, "Quota", time.Minute, 75 * time.Second, true},
		"wrong key": {problem(401, "WrongCredentialsError", "Wrong API key "+testKey+"\n"), StateRefused, "Wrong API key [secret]", 15 * time.Minute, 16 * time.Minute, true},
		"forbidden": {problem(403, "ForbiddenError", "x"), StateRefused, "ForbiddenError", 15 * time.Minute, 16 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, fast, func(w *world) {
				w.answer("domains/bad.dev", c.answer)
				w.tier("bad.dev")
				if name == "hangs" || name == "stops" {
					w.after(15 * time.Second)
				}
				s := w.status()
				wait := time.Until(s.RetryAt)
				if s.State != c.state || s.Healthy || !strings.Contains(s.LastError, c.says) || s.Failures != 1 || wait < c.least || wait > c.most || s.Queued != 1 {
					t.Errorf("%+v, next try in %v", s, wait)
				}
				if !strings.Contains(w.log.String(), "level=WARN") {
					t.Errorf("not logged: %s", &w.log)
				}
				w.answer("domains/bad.dev", report(4, 0, 0))
				w.after(wait - time.Millisecond)
				if got := w.requests(); got != "domains/bad.dev" {
					t.Errorf("before the time: %s", got)
				}
				w.after(2 * time.Millisecond)
				if got := w.tier("bad.dev"); got != scale.TierHigh {
					t.Errorf("%v after the next try", got)
				}
				if s := w.status(); s.State != StateReady || !s.Healthy || !s.RetryAt.IsZero() {
					t.Errorf("%+v", s)
				}
				if !strings.Contains(w.log.String(), "answers again") {
					t.Errorf("its end is not logged: %s", &w.log)
				}
			})
		})
	}
}

func wait(after string, h http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", after)
		h(rw, r)
	}
}

// TestBackOff lets a server fail for long.
func TestBackOff(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("", problem(500, "TransientError", "x"))
		for i := range 20 {
			w.tier(fmt.Sprintf("h%d.dev", i))
		}
		w.after(24 * time.Hour)
		times := w.when()
		for i := 10; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d < 10*time.Minute || d > 11*time.Minute {
				t.Errorf("request %d after %v", i, d)
			}
		}
		// Each is tried four times, then left alone, so that one which always fails does not stop the rest.
		if s := w.status(); s.Failures != 80 || s.Dropped != 20 || s.Queued != 0 {
			t.Errorf("%+v", s)
		}
		if n := strings.Count(w.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings:\n%s", n, &w.log)
		}
	})
}

// TestRefusedIndicator has VirusTotal refuse one indicator and answer others.
func TestRefusedIndicator(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("domains/odd_name.dev", problem(400, "InvalidArgumentError", "not a domain pattern"))
		w.tier("odd_name.dev")
		w.tier("odd_name.dev")
		w.tier("other.dev")
		if got := w.requests(); got != "domains/odd_name.dev domains/other.dev" {
			t.Errorf("asked for %s", got)
		}
		if _, ok := w.sources.Verdict(KindVirusTotal, "odd_name.dev"); ok {
			t.Error("a verdict on what was refused")
		}
		if s := w.status(); s.State != StateReady || !s.Healthy || s.Failures != 1 || !strings.Contains(s.LastError, "not a domain pattern") {
			t.Errorf("%+v", s)
		}
		w.after(2 * time.Hour)
		w.tier("odd_name.dev")
		if got := w.requests(); got != "domains/odd_name.dev" {
			t.Errorf("after two hours: %s", got)
		}
	})
}

// TestFailedRenewal keeps what is known while its renewal fails.
func TestFailedRenewal(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("domains/high.dev", report(5, 0, 0))
		w.tier("high.dev")
		w.after(66 * time.Hour)
		w.answer("domains/high.dev", problem(500, "TransientError", "x"))
		w.tier("high.dev")
		w.after(4 * time.Hour)
		if got := w.tier("high.dev"); got != scale.TierHigh {
			t.Errorf("%v while it still holds", got)
		}
		if v, ok := w.sources.Verdict(KindVirusTotal, "high.dev"); !ok || v.Malicious != 5 {
			t.Errorf("%+v", v)
		}
	})
}

// TestClose ends the source in the midst of a request: one that answers in time, and one that hangs.
func TestClose(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		inWorld(t, fast, func(w *world) {
			w.answer("domains/bad.dev", func(rw http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(3 * time.Second):
					report(9, 0, 0)(rw, r)
				case <-r.Context().Done():
				}
			})
			w.tier("bad.dev")
			w.tier("waits.dev")
			limit := time.Minute
			if hangs {
				limit = time.Second
			}
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			begin := time.Now()
			if err := w.sources.Close(ctx); err != nil {
				t.Error(err)
			}
			took, want := 3*time.Second, scale.TierCritical
			if hangs {
				took, want = time.Second, scale.TierClean
			}
			if d := time.Since(begin); d != took {
				t.Errorf("closed after %v, want %v", d, took)
			}
			if got := w.tier("bad.dev"); got != want {
				t.Errorf("%v, want %v", got, want)
			}
			w.tier("after.dev")
			if s := w.status(); s.State != StateClosed || s.Queued != 0 || s.Dropped != 1 {
				t.Errorf("%+v", s)
			}
			if got := w.requests(); got != "domains/bad.dev" {
				t.Errorf("asked for %s", got)
			}
		})
	}
}

// TestVersion changes with each answer, and when the key comes or goes, but by no question.
func TestVersion(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("domains/bad.dev", report(9, 0, 0))
		before := w.sources.Version()
		if got := w.sources.Tier(KindVirusTotal, "bad.dev"); got != scale.TierClean || w.sources.Version() != before {
			t.Errorf("%v, version %d after %d, before the answer", got, w.sources.Version(), before)
		}
		w.after(time.Second)
		answered := w.sources.Version()
		if got := w.tier("bad.dev"); got != scale.TierCritical || answered == before || w.sources.Version() != answered {
			t.Errorf("%v, version %d after %d and %d", got, w.sources.Version(), before, answered)
		}
		t.Setenv("VIRUSTOTAL_API_KEY", "")
		if err := w.sources.Reload(); err != nil {
			t.Fatal(err)
		}
		if got := w.tier("bad.dev"); got != scale.TierClean || w.sources.Version() == answered {
			t.Errorf("%v without a key, version %d", got, w.sources.Version())
		}
	})
}
