package agent

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/snapshot"
)

// memories keeps what rules remember over a restart: lists that they fill, sequences under way, and values of memory blocks. It
// writes nothing while no rule remembers anything.
type memories struct {
	stateFile
}

func newMemories(d *Daemon) *memories {
	return &memories{stateFile{d: d, part: "memory", what: "the memory of rules", setting: "rules { memory = … }", every: time.Minute,
		path: func() string { return d.running.Rules.Memory }}}
}

// remembers reports whether there is something to keep, and a place for it.
func (m *memories) remembers() bool {
	plan := m.d.loaded.Load().Plan
	return m.file() != "" && plan != nil && plan.Remembers()
}

// Open makes the directory of the file.
func (m *memories) Open(context.Context) error {
	if !m.remembers() {
		return nil
	}
	return m.open()
}

// restoreTo gives an engine that has seen no packet yet what rules remembered before the restart.
func (m *memories) restoreTo(e *engine.Engine, now time.Time) {
	if m.remembers() {
		m.restore(func(sections []snapshot.Section) error { return errors.Join(e.Restore(sections, now.UnixNano())...) })
	}
}

// Run saves until ctx is done.
func (m *memories) Run(ctx context.Context) error { return m.run(ctx, m.save) }

// Close saves for the last time.
func (m *memories) Close(context.Context) error {
	if m.d.ended() && m.remembers() {
		m.write(m.copy().Sections())
	}
	return nil
}

// copy copies what is remembered. It is called where nothing else uses the engine.
func (m *memories) copy() *engine.Saved { return m.d.loop.engine.Save(m.d.loop.real(0)) }

// save has the loop copy what is remembered, and writes it.
func (m *memories) save(ctx context.Context) {
	if !m.remembers() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.every)
	defer cancel()
	var saved *engine.Saved
	if m.d.loop.do(ctx, func() { saved = m.copy() }) == nil { // else it stops, and Close saves; or it does not answer, which is told elsewhere
		m.write(saved.Sections())
	}
}

// Report implements reporter.
func (m *memories) Report(_ context.Context, s *api.Status) {
	if m.remembers() {
		status := m.report(s)
		s.Memory = &status
	}
}

// Metrics implements measured.
func (m *memories) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	saved := t.add("ruleids_memory_saved_timestamp_seconds", "When what rules remember was saved last; 0 for never.")
	failing := t.add("ruleids_memory_failing", "1 while what rules remember cannot be saved.")
	return func(ch chan<- prometheus.Metric) {
		at, fails := m.saved()
		saved(ch, at)
		failing(ch, one(fails))
	}
}
