package agent

import (
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// A Source is where the daemon's packets come from: network interfaces, or a Simulation. Read is called from one
// goroutine, the others from any.
type Source interface {
	// Read fills b with what came, or with no frames when wait has passed without any. The error is io.EOF
	// where nothing will ever come again.
	Read(b *live.Batch, wait time.Duration) error
	// Stats returns the counts since the source was opened.
	Stats() live.Stats
	// Close ends a Read that waits.
	Close() error
}

// A keeper is a Source whose Batches stay as they are for a while: see afpacket.Source.Keep.
type keeper interface {
	Keep(forget func(batch uint64, must bool) bool)
}

// A waker is a Source whose Read can be made to return at once.
type waker interface{ Wake() }
