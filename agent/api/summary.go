package api

import (
	"context"
	"net/http"
	"time"
)

// A Summary is how the daemon is, for everybody on its host: enough for an icon and a check of a monitoring system. It names
// no addresses, rules or files.
type Summary struct {
	Version  string        `json:"version"`
	Healthy  bool          `json:"healthy"`
	Troubles int           `json:"troubles"` // how many things are not as they should be; a pause is one
	Pause    *SummaryPause `json:"pause"`    // null while everything is looked at
	Mode     string        `json:"mode"`     // of responses: monitor or enforce
	KeptOut  int           `json:"kept_out"` // addresses and networks
	Alerts   uint64        `json:"alerts"`   // since the start
	Serious  uint64        `json:"serious"`  // of them high or critical
	// Dashboard is the page of the fleet's server; "" where the daemon belongs to none.
	Dashboard string `json:"dashboard"`
}

// A SummaryPause is as much of a Pause as everybody may know.
type SummaryPause struct {
	Until time.Time `json:"until"`
}

// Summary asks on the socket that everybody may ask on how the daemon is.
func (c *Client) Summary(ctx context.Context) (*Summary, error) {
	return ask[*Summary](ctx, c, http.MethodGet, "/summary", nil)
}
