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

// maxScan bounds the XML of a scan that somebody sends, in bytes.
const maxScan = 256 << 20

// assetRoutes adds what there is to ask about hosts and services.
func (c *control) assetRoutes(mux *http.ServeMux) {
	m := c.d.assets
	mux.HandleFunc("GET /assets", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if m.all == nil {
			refuse(w, errNoAssets)
			return
		}
		if text := q.Get("ip"); text != "" {
			ip, err := netip.ParseAddr(text)
			if err != nil {
				answer(w, http.StatusBadRequest, api.Failure{Error: err.Error()})
				return
			}
			out := []assets.Host{}
			if h, ok := m.all.Host(m.vendors, ip); ok {
				out = append(out, h)
			}
			answer(w, http.StatusOK, out)
			return
		}
		answer(w, http.StatusOK, m.all.Hosts(m.vendors))
	})
	mux.HandleFunc("GET /assets/changed", func(w http.ResponseWriter, r *http.Request) {
		if m.all == nil {
			refuse(w, errNoAssets)
			return
		}
		since, err := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
		if err != nil {
			answer(w, http.StatusBadRequest, api.Failure{Error: "since must be a number: that of the change that is known, 0 for none"})
			return
		}
		hosts, seq := m.all.Changed(m.vendors, since, api.MostChanged)
		answer(w, http.StatusOK, api.ChangedAssets{Hosts: hosts, Seq: seq, More: len(hosts) == api.MostChanged})
	})
	mux.HandleFunc("POST /assets/import", func(w http.ResponseWriter, r *http.Request) {
		if m.all == nil {
			refuse(w, errNoAssets)
			return
		}
		s, err := assets.ReadScan(http.MaxBytesReader(w, r.Body, maxScan))
		if err != nil && len(s.Hosts) == 0 {
			answer(w, http.StatusBadRequest, api.Failure{Error: "the scan cannot be read: " + err.Error()})
			return
		}
		out := api.ImportedScan{Hosts: len(s.Hosts), New: m.all.Import(s)}
		for i := range s.Hosts {
			out.Services += len(s.Hosts[i].Services)
		}
		if err != nil {
			out.Fault = err.Error()
		}
		c.d.log.Info("a scan was imported", "hosts", out.Hosts, "new", out.New, "by", asker(r.Context(), r.URL.Query().Get("for")))
		answer(w, http.StatusOK, out)
	})
}
