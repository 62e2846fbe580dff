package honeypot

import (
	"log/slog"
	"sync"
	"time"
)

// A trouble keeps the last error of something that goes on all the same, and logs when it begins and when it is over, not
// what happens again and again in between.
type trouble struct {
	mu    sync.Mutex
	text  string
	at    time.Time
	since time.Time // zero while all is well
	log   *slog.Logger
}

// logTo says where to log; before that nothing is.
func (t *trouble) logTo(log *slog.Logger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = log
}

func (t *trouble) begin(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text, t.at = err.Error(), time.Now()
	if t.since.IsZero() {
		t.since = t.at
		if t.log != nil {
			t.log.Warn("honeypot has trouble", "error", err)
		}
	}
}

func (t *trouble) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return
	}
	if t.log != nil {
		t.log.Info("honeypot works again", "after", time.Since(t.since).Round(time.Millisecond), "error", t.text)
	}
	t.since = time.Time{}
}

func (t *trouble) last() (text string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text, t.at
}
