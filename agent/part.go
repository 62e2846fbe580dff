package agent

import (
	"context"
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
)

// A Part is one of the things that a daemon is made of. The daemon opens its parts in the order of its list, runs them
// at the same time, and closes each once it has ended.
type Part interface {
	// Run works until ctx is done. An error ends the daemon, which returns it.
	Run(ctx context.Context) error
	// Close writes out what waits, until ctx is done, and gives everything up. Where a part after it in the list cannot
	// be opened, a part is closed without having run.
	Close(ctx context.Context) error
}

// A namedPart is a Part in the list of a daemon, with its name in the log.
type namedPart struct {
	name string
	Part
}

// What some parts can do besides. The daemon calls these methods in the order of its list of parts.
type (
	// An opener opens what the part needs. After an error nothing of it is left open.
	opener interface {
		Open(ctx context.Context) error
	}
	// A taker takes alerts, on the goroutine of the packets. It never waits.
	taker interface{ Send(*alert.Alert) }
	// An applier takes over what a reload has loaded, rules aside: settings that need no restart, and files that they name.
	applier interface {
		Apply(ctx context.Context, next *Loaded) error
	}
	// A reopener opens its files again, after another program has renamed them.
	reopener interface{ Reopen() error }
	// A reporter adds to the status its own section, and to Trouble what people should know first.
	reporter interface {
		Report(ctx context.Context, s *api.Status)
	}
	// A measured part has metrics. It adds them to a table, and returns what sends their values.
	measured interface {
		Metrics(t *metrics) (collect func(chan<- prometheus.Metric))
	}
)

// idle is embedded in parts that do nothing on their own and leave nothing open.
type idle struct{}

func (idle) Run(context.Context) error   { return nil }
func (idle) Close(context.Context) error { return nil }

// ticks yields the time every so often, until ctx is done.
func ticks(ctx context.Context, every time.Duration) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticker.C:
				if !yield(now) {
					return
				}
			}
		}
	}
}
