// Package eventlog writes to the event log "Application" of Windows.
package eventlog

// Source is the program's name there.
const Source = "ruleids"

// An ID is the number of an event. Numbers are for the filters of those who collect events, so none ever gets another meaning.
// The message file, EventCreate.exe of Windows, has those from 1 to 1000, each with the text of the event alone.
type ID uint32

// The events.
const (
	Started  ID = 1   // the service watches the network
	Stopped  ID = 2   // it was told to stop, and did
	Failed   ID = 3   // it could not start, or could not go on
	Critical ID = 100 // an alert of this severity
	High     ID = 101
	Medium   ID = 102
	Low      ID = 103
)

// A Level is how an event is shown.
type Level uint8

// The levels.
const (
	Info Level = iota
	Warning
	Error
)

// Level is that of all events of a number: an error for what failed and for critical alerts, a warning for high ones.
func (id ID) Level() Level {
	switch id {
	case Failed, Critical:
		return Error
	case High:
		return Warning
	}
	return Info
}
