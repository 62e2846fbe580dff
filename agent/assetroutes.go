package agent

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/assets"
)

// errNoAssets is what questions about a map get that is not kept.
var errNoAssets = errors.New("no map of hosts and services is kept; say assets { enabled = true }")

// assetRoutes adds what there is to ask about hosts and services.
func (c *control) assetRoutes(mux *http.ServeMux) {
	m := c.d.assets
	about := func(pattern string, get func(r *http.Request) (any, error)) {
		give(mux, pattern, func(r *http.Request) (any, error) {
			if m.all == nil {
				return nil, errNoAssets
			}
			return get(r)
		})
	}
	about("GET /assets", func(r *http.Request) (any, error) {
		text := r.URL.Query().Get("ip")
		if text == "" {
			return m.all.Hosts(m.vendors), nil
		}
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return nil, bad("%v", err)
		}
		out := []assets.Host{}
		if h, ok := m.all.Host(m.vendors, ip); ok {
			out = append(out, h)
		}
		return out, nil
	})
	about("GET /assets/changed", func(r *http.Request) (any, error) {
		since, err := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
		if err != nil {
			return nil, bad("since must be a number: that of the change that is known, 0 for none")
		}
		hosts, seq := m.all.Changed(m.vendors, since, api.MostChanged)
		return api.ChangedAssets{Hosts: hosts, Seq: seq, More: len(hosts) == api.MostChanged}, nil
	})
	about("POST /assets/import", func(r *http.Request) (any, error) {
		s, err := assets.ReadScan(r.Body)
		if err != nil && len(s.Hosts) == 0 {
			return nil, bad("the scan cannot be read: %v", err)
		}
		out := api.ImportedScan{Hosts: len(s.Hosts), New: m.all.Import(s)}
		for i := range s.Hosts {
			out.Services += len(s.Hosts[i].Services)
		}
		if err != nil {
			out.Fault = err.Error()
		}
		c.d.log.Info("a scan was imported", "hosts", out.Hosts, "new", out.New, "by", asker(r.Context(), r.URL.Query().Get("for")))
		return out, nil
	})
}
