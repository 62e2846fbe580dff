// Package evidence keeps the packets around alerts: a ring has what came last, and what an alert is about goes from there to a
// small pcapng file of its own.
//
// Whoever has the packets calls Add for them, which copies them, or Hold, which keeps the memory that they were read to, or Borrow
// where that is the source's and stays as it is for a while; and Alert for what they raised. Looking for packets and writing files is done by a goroutine of the Recorder.
package evidence

import (
	"log/slog"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of the block evidence.
type Config struct {
	Dir    string        `setting:"dir,path" doc:"Directory that gets a pcapng file for each alert, with the packets around it; empty for none."`
	Before int           `setting:"before,reload" default:"64" range:"0..10000" doc:"Packets of the alert's key that are kept from before it, the one that fired it besides; a rule's evidence block may say otherwise."`
	After  int           `setting:"after,reload" default:"64" range:"0..10000" doc:"Packets of the key that are kept from after it, for up to a minute."`
	Bytes  setting.Size  `setting:"bytes,reload" default:"2MB" range:"4KiB..1GiB" doc:"Size that one file has at most."`
	Memory setting.Size  `setting:"memory" default:"16MiB" range:"4MiB..64GiB" doc:"How many bytes of the packets that came last are looked through for those before an alert. On Linux each ring of an interface is larger by a third more, up to 64 MiB, and holds them; what does not stay there so long is copied."`
	Max    setting.Size  `setting:"max,reload" default:"1GB" range:"1MiB.." doc:"Size of all files; the oldest go first."`
	Keep   time.Duration `setting:"keep,reload" default:"30d" range:"0,1m.." doc:"How long a file is kept; 0s for as long as there is room."`
}

// A Wish is what a rule wants kept.
type Wish struct {
	Off           bool
	Before, After int
	Bytes         int64
}

// Options are what a Recorder needs.
type Options struct {
	Config
	Rules map[string]Wish // of rules that want something else than Config says
	// Wait is for captures, which can wait: Add waits where the files are not written yet, and every alert has its file. The owner
	// calls Emitted then. Else nothing ever waits; what there is no room for is counted and left out.
	Wait bool
	Log  *slog.Logger // nil for none
}

// Stats are counts since the start, and what there is now.
type Stats struct {
	Files, Bytes uint64 // written
	Held         int    // files that there are
	HeldBytes    int64
	Removed      uint64 // files that went for want of room, or for their age
	Pending      int    // alerts whose file is not complete
	Lost         uint64 // alerts without a file, since there were too many at a time
	LastLost     time.Time
	Skipped      uint64 // packets that did not come into the ring
	Failed       uint64 // files that could not be written
	Error        string // why the newest one could not; "" where it could
}
