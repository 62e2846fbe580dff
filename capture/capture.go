// Package capture says where packets come from: capture files, and later live interfaces.
package capture

import "github.com/ruleids/ruleids/packet"

// A Batch is a run of frames with the memory that holds their bytes. The zero value is ready.
// Frames are valid until the Batch is read to again.
type Batch struct {
	Frames []packet.Frame
	block  []byte
}
