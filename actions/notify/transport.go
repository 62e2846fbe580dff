package notify

import (
	"context"
	"time"
)

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
