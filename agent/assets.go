package agent

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/fleet"
)

// assetMap is the map of hosts and services: the engine learns it, and here it is kept over a restart. A simulation begins with
// an empty one.
type assetMap struct {
	stateFile
	all     *assets.Map // nil where there is none
	vendors *assets.Vendors
	fault   string // why who made network cards is not known; "" where it is
	scans   *scans
}

func newAssetMap(d *Daemon) *assetMap {
	m := &assetMap{stateFile: stateFile{d: d, part: "assets", what: "the map of hosts and services", setting: "assets { file = … }", every: 5 * time.Minute,
		path: func() string { return d.running.Assets.File }}}
	m.scans = &scans{of: m}
	return m
}

// Open reads the map as it was before the restart.
func (m *assetMap) Open(context.Context) error {
	s := &m.d.running.Assets
	if plan := m.d.opt.Loaded.Plan; !s.Enabled && (plan == nil || !plan.Asks()) {
		return nil
	}
	limits := assets.DefaultLimits()
	limits.Hosts = s.MaxHosts
	m.all = assets.New(limits)
	m.d.work.Assets = m.all
	if s.OUI == "" {
		m.vendors = assets.FindVendors()
	} else if v, err := assets.ReadVendors(s.OUI); err == nil {
		m.vendors = v
	} else {
		m.fault = err.Error()
		m.d.log.Error("who made network cards cannot be read", "error", err)
	}
	m.d.work.Vendors = m.vendors
	if err := m.open(); err != nil {
		return err
	}
	m.restore(func(sections []snapshot.Section) error {
		was, err := assets.Restore(sections, limits)
		if err == nil {
			m.all, m.d.work.Assets = was, was
		}
		return err
	})
	return nil
}

// Run saves, and scans where the settings ask for it, until ctx is done.
func (m *assetMap) Run(ctx context.Context) error {
	if m.all == nil {
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { m.scans.run(ctx) })
	defer wg.Wait()
	return m.run(ctx, func(context.Context) { m.save() })
}

// Close saves for the last time.
func (m *assetMap) Close(context.Context) error {
	if m.all != nil && m.d.loop != nil {
		m.save()
	}
	return nil
}

// save writes a snapshot. Times of last packets alone are reason enough, once there was a packet.
func (m *assetMap) save() {
	if sections := m.all.Save(); sections != nil {
		m.write(sections)
	}
}

// toldAnew is after how long the server of a fleet is told the whole map again, so that it forgets what is gone and knows
// when hosts were seen last.
const toldAnew = 6 * time.Hour

// told returns what tells the server of a fleet what was learned; nil where there is no map.
func (m *assetMap) told() func(since uint64) (hosts []json.RawMessage, seq, is uint64) {
	if m.all == nil {
		return nil
	}
	is, began := uint64(time.Now().UnixNano()), time.Now()
	return func(since uint64) ([]json.RawMessage, uint64, uint64) {
		if time.Since(began) > toldAnew {
			is, began, since = uint64(time.Now().UnixNano()), time.Now(), 0
		}
		list, seq := m.all.Changed(m.vendors, since, fleet.MaxAssets)
		out := make([]json.RawMessage, 0, len(list))
		for i := range list {
			h := &list[i]
			h.Services = h.Services[:min(len(h.Services), fleet.MaxAssetServices)]
			if text, err := json.Marshal(h); err == nil {
				out = append(out, text)
			}
		}
		return out, seq, is
	}
}

// Report implements reporter.
func (m *assetMap) Report(_ context.Context, s *api.Status) {
	if m.all == nil {
		return
	}
	n := m.all.Stats()
	status := api.AssetStatus{Hosts: n.Hosts, Services: n.Services, Unanswered: n.Glimpses, Evicted: n.Evicted.Hosts + n.Evicted.Services,
		Kept: m.report(s), Vendors: m.fault, Scan: m.scans.report()}
	s.Assets = &status
	fails(s, m.part, status.Vendors)
	if status.Scan != nil {
		fails(s, "assets: scan", status.Scan.Error)
	}
}

// Metrics implements measured.
func (m *assetMap) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	hosts := t.add("ruleids_assets_hosts", "Hosts in the map.")
	services := t.add("ruleids_assets_services", "Services of hosts in the map.")
	evicted := t.add("ruleids_assets_evicted_total", "Hosts and services that the map gave up to make room.")
	saved := t.add("ruleids_assets_saved_timestamp_seconds", "When the map was saved last; 0 for never.")
	return func(ch chan<- prometheus.Metric) {
		if m.all == nil {
			return
		}
		n := m.all.Stats()
		hosts(ch, float64(n.Hosts))
		services(ch, float64(n.Services))
		evicted(ch, float64(n.Evicted.Hosts+n.Evicted.Services))
		at, _ := m.saved()
		saved(ch, at)
	}
}
