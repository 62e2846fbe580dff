package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/ruleids/ruleids/assets"
)

// AssetStatus is the map of hosts and services in the status.
type AssetStatus struct {
	Hosts      int    `json:"hosts"`
	Services   int    `json:"services"`
	Unanswered int    `json:"unanswered"` // addresses that sent something and never answered, beside the hosts
	Evicted    uint64 `json:"evicted"`    // hosts and services that were given up to make room
	Kept
	Vendors string      `json:"vendors,omitempty"` // why who made network cards is not known
	Scan    *ScanStatus `json:"scan,omitempty"`
}

// ScanStatus is how the daemon's own scans go.
type ScanStatus struct {
	Nets    []string   `json:"nets"`
	Every   string     `json:"every"`
	Running bool       `json:"running"`
	Last    *time.Time `json:"last,omitempty"` // when the newest ended that was whole
	Hosts   int        `json:"hosts"`          // that were up in it
	Next    *time.Time `json:"next,omitempty"`
	Error   string     `json:"error,omitempty"` // why the newest failed
}

// Assets asks for the map of hosts and services.
func (c *Client) Assets(ctx context.Context) ([]assets.Host, error) {
	return ask[[]assets.Host](ctx, c, http.MethodGet, "/assets", nil)
}

// MostChanged is how many hosts an answer about changes has at most.
const MostChanged = 500

// ChangedAssets are hosts of which something was learned, in the order in which it was.
type ChangedAssets struct {
	Hosts []assets.Host `json:"hosts"`
	Seq   uint64        `json:"seq"`  // to ask with the next time
	More  bool          `json:"more"` // there may be more
}

// An ImportedScan says what became of a scan.
type ImportedScan struct {
	Hosts    int    `json:"hosts"`
	New      int    `json:"new"`
	Services int    `json:"services"`
	Fault    string `json:"fault,omitempty"` // why it was not read to its end
}

// ImportAssets gives the daemon a scan of nmap, as its XML.
func (c *Client) ImportAssets(ctx context.Context, xml io.Reader) (*ImportedScan, error) {
	return ask[*ImportedScan](ctx, c, http.MethodPost, "/assets/import", xml)
}
