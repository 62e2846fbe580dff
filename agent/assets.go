package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/fleet"
)

// assetsEvery is the time between two snapshots of the map: so much is forgotten in a crash.
const assetsEvery = 5 * time.Minute

// assetMap is the map of hosts and services: the engine learns it, and here it is kept over a restart. A simulation begins with
// an empty one and writes nothing, since its packets are of another time.
type assetMap struct {
	d       *Daemon
	every   time.Duration
	all     *assets.Map // nil where it is not kept
	vendors *assets.Vendors
	scans   *scans

	mu     sync.Mutex
	status api.AssetStatus
	saved  uint64 // the change that the newest snapshot was written after
}

func newAssetMap(d *Daemon) *assetMap {
	m := &assetMap{d: d, every: assetsEvery}
	m.scans = &scans{of: m}
	return m
}

// Name implements Part.
func (m *assetMap) Name() string { return "assets" }

// file returns where the map is kept; "" for nowhere.
func (m *assetMap) file() string {
	if m.d.opt.Simulate != "" {
		return ""
	}
	return m.d.running.Assets.File
}

// Open reads the map as it was before the restart. What is damaged begins empty, which is told.
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
		m.status.Vendors = err.Error()
		m.d.log.Error("who made network cards cannot be read", "error", err)
	}
	file := m.file()
	if file == "" {
		return nil
	}
	if err := ownDirectory(file, m.d.account); err != nil {
		return fmt.Errorf("assets: %w; name another place with assets { file = … }", err)
	}
	sections, err := snapshot.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var restored *assets.Map
	if err == nil {
		restored, err = assets.Restore(sections, limits)
	}
	if err != nil {
		m.status.Damaged = err.Error()
		m.d.log.Error("the map of hosts and services cannot be read, and begins empty", "file", file, "error", err)
		return nil
	}
	if st, err := os.Stat(file); err == nil {
		at := st.ModTime()
		m.status.Restored = &at
	}
	m.all = restored
	m.d.work.Assets = restored
	n := restored.Stats()
	m.saved = n.Seq
	m.d.log.Info("the map of hosts and services goes on", "file", file, "hosts", n.Hosts, "services", n.Services)
	return nil
}

// Run saves, and scans where the settings ask for it, until ctx is done.
func (m *assetMap) Run(ctx context.Context) error {
	if m.all == nil {
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { m.scans.run(ctx) })
	ticker := time.NewTicker(m.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			wg.Wait()
			return nil
		case <-ticker.C:
			m.save()
		}
	}
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
	file := m.file()
	if file == "" {
		return
	}
	sections := m.all.Save()
	if sections == nil {
		return
	}
	err := snapshot.Write(file, sections)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if m.status.Error == "" {
			m.d.log.Error("the map of hosts and services cannot be saved", "file", file, "error", err)
		}
		m.status.Error = err.Error()
		return
	}
	if m.status.Error != "" {
		m.d.log.Info("the map of hosts and services is saved again", "file", file)
	}
	now := time.Now()
	m.status.Saved, m.status.Error = &now, ""
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
	m.mu.Lock()
	status := m.status
	m.mu.Unlock()
	status.Hosts, status.Services, status.Unanswered, status.Evicted, status.File = n.Hosts, n.Services, n.Glimpses, n.Evicted.Hosts+n.Evicted.Services, m.file()
	status.Scan = m.scans.report()
	s.Assets = &status
	fails(s, "assets", status.Error)
	fails(s, "assets", status.Vendors)
	if status.Scan != nil {
		fails(s, "assets: scan", status.Scan.Error)
	}
	if status.Damaged != "" && time.Since(m.d.started) < lossLasts {
		s.Trouble = append(s.Trouble, "the map of hosts and services from before the restart is lost: "+status.Damaged)
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
		m.mu.Lock()
		defer m.mu.Unlock()
		at := 0.0
		if m.status.Saved != nil {
			at = float64(m.status.Saved.UnixNano()) / 1e9
		}
		saved(ch, at)
	}
}
