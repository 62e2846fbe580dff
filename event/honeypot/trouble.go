package honeypot

import (
	"log/slog"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// A trouble is a retry.Trouble and where it is logged; nowhere without a log.
type trouble struct {
	retry.Trouble
	log *slog.Logger
}

func (t *trouble) begin(err error) {
	if t.Failed(err, time.Now()) && t.log != nil {
		t.log.Warn("honeypot has trouble", "error", err)
	}
}

func (t *trouble) over() {
	if after, log := t.Works(time.Now()); log && t.log != nil {
		t.log.Info("honeypot works again", "after", after.Round(time.Millisecond), "error", t.State().Last)
	}
}
