// Package notify sends notifications of what rules found to people and other programs.
package notify

import (
	"context"
	"time"

	"github.com/ruleids/ruleids/alert"
)

// A Message is what a notifier sends: one alert, or a group of alerts of one rule that came too quickly to be sent one by
// one. It does not change once it is handed to a Transport.
type Message struct {
	Notifier string         // name of the notifier
	Agent    string         // name of the sensor
	Rule     string         // "" for a message of the daemon itself, as of `ruleids notify test`
	Severity alert.Severity // the highest of the group
	Title    string         // one line
	Text     string         // what happened, in one or a few lines
	First    time.Time      // of the first alert
	Last     time.Time      // of the last alert
	Count    uint64         // alerts in the group, from 1; 0 without an alert
	Keys     []string       // "ip.src=198.51.100.7" of the alerts, sorted, without repetition; the first twenty
	MoreKeys uint64         // keys that are not in Keys
	Alert    *alert.Alert   // the newest alert of the group; nil without an alert
}

// A Transport carries messages to people or programs. One goroutine calls it.
type Transport interface {
	// Send delivers a message, or returns an error: a *RetryError where another try may help, and any other error
	// where the message will never be taken. No error says what a secret is. It returns when ctx is done.
	Send(ctx context.Context, m *Message) error
	// Close lets go of what the transport holds.
	Close() error
}

// A RetryError is a failure that may be over later.
type RetryError struct {
	After time.Duration // how long the other side wants to be left alone; 0 where it did not say
	Err   error
}

func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the other side.
func (e *RetryError) Unwrap() error { return e.Err }
