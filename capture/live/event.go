package live

import "strconv"

// An Event tells what happened to an interface, for the log.
type Event struct {
	Time      int64 // nanoseconds since 1970, of the clock of the system
	Interface string
	Kind      EventKind
	Err       error // why, where that is known: always for EventFailed
}

// EventKind is what happened to an interface.
type EventKind uint8

// The kinds of events. An interface that goes down or vanishes has no traffic to lose; frames that were in
// its rings are still delivered.
const (
	EventDown     EventKind = iota // it was set down; or it was down when the Source was opened
	EventUp                        // it is up again, and so are its rings
	EventGone                      // it was removed, renamed, or moved to another network namespace
	EventReopened                  // it came into being, or was made again, and its rings were opened
	EventFailed                    // its rings could not be opened; this is tried again every second
	EventMissing                   // it did not exist when the Source was opened, and is waited for
)

// String returns the word for what happened.
func (k EventKind) String() string {
	if words := [...]string{"down", "up", "gone", "reopened", "failed", "missing"}; int(k) < len(words) {
		return words[k]
	}
	return "EventKind(" + strconv.Itoa(int(k)) + ")"
}

// String returns a line for a log.
func (e Event) String() string {
	s := "interface " + e.Interface + ": " + e.Kind.String()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}
