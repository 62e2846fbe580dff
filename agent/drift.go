package agent

import (
	"sync"
	"time"
)

// A drift is what is known of changes that others made to the firewall.
type drift struct {
	mu      sync.Mutex
	repairs uint64
	last    time.Time // of a repair
	err     string    // why the last look failed; "" where it did not
}

func (r *drift) note(repaired bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if repaired {
		r.repairs++
		r.last = time.Now()
	}
	r.err = ""
	if err != nil {
		r.err = err.Error()
	}
}

func (r *drift) known() (repairs uint64, last time.Time, err string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.repairs, r.last, r.err
}
