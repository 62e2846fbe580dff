package agent

import (
	"time"

	"github.com/ruleids/ruleids/capture/afpacket"
)

// A Source is where the daemon's packets come from: a afpacket.Source, or a Simulation. Read is called from one
// goroutine, the others from any.
type Source interface {
	// Read fills b with what came, or with no frames when wait has passed without any. The error is io.EOF
	// where nothing will ever come again.
	Read(b *afpacket.Batch, wait time.Duration) error
	// Stats returns the counts since the source was opened.
	Stats() afpacket.Stats
	// Close ends a Read that waits.
	Close() error
}

// A waker is a Source whose Read can be made to return at once.
type waker interface{ Wake() }
