package api

import (
	"context"
	"net/http"
	"time"
)

// How long a pause may last, and how long one lasts that does not say. None is for good: a sensor that somebody forgot to
// switch on again is what attackers hope for.
const (
	MaxPause     = 24 * time.Hour
	DefaultPause = 15 * time.Minute
)

// MaxReason is how many bytes the reason for a pause may have: every heartbeat tells it.
const MaxReason = 500

// A Pause is a time in which the daemon looks at nothing: packets and logins pass unseen, so rules neither learn nor fire, and
// nothing is done about anything. What is kept out already stays out.
type Pause struct {
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	By      string    `json:"by"` // who asked, as in decisions
	Reason  string    `json:"reason,omitempty"`
	Packets uint64    `json:"packets"` // that passed unseen so far
}

// A PauseRequest is the body of POST /pause.
type PauseRequest struct {
	Seconds float64 `json:"seconds"`
	Reason  string  `json:"reason,omitempty"`
	// For is the account behind sudo. Only root is believed.
	For string `json:"for,omitempty"`
}

// Pause has the daemon look at nothing for a time. A daemon that is paused already is from now on for that time.
func (c *Client) Pause(ctx context.Context, r PauseRequest) (*Pause, error) {
	return ask[*Pause](ctx, c, http.MethodPost, "/pause", r)
}

// Resume ends a pause before its time, and returns it; nil where there was none. account is who is behind sudo, "" without sudo.
func (c *Client) Resume(ctx context.Context, account string) (*Pause, error) {
	return ask[*Pause](ctx, c, http.MethodPost, "/resume?"+query("for", account), nil)
}
