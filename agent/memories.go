package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// saveEvery is the time between two snapshots of what rules remember: so much is forgotten in a crash.
const saveEvery = time.Minute

// memories keeps what rules remember in a file over a restart: lists that they fill, sequences under way, and values of memory blocks. It writes nothing while no rule
// remembers anything, and nothing at all in a simulation, whose packets are of another time.
type memories struct {
	d     *Daemon
	every time.Duration
	later bool // the file is of a later version of the program: it is not touched

	mu     sync.Mutex
	status api.MemoryStatus
}

func newMemories(d *Daemon) *memories { return &memories{d: d, every: saveEvery} }

// Name implements Part.
func (m *memories) Name() string { return "memory" }

// file returns where memory is kept; "" for nowhere.
func (m *memories) file() string {
	if m.d.opt.Simulate != "" {
		return ""
	}
	return m.d.running.Rules.Memory
}

// remembers reports whether there is something to keep.
func (m *memories) remembers() bool {
	plan := m.d.loaded.Load().Plan
	return plan != nil && plan.Remembers()
}

// Open makes the directory of the file.
func (m *memories) Open(context.Context) error {
	file := m.file()
	if file == "" || !m.remembers() {
		return nil
	}
	if err := ownDirectory(file, m.d.account); err != nil {
		return fmt.Errorf("rules: %w; name another place with rules { memory = … }", err)
	}
	return nil
}

// restore gives an engine that has seen no packet yet what rules remembered before the restart. What is damaged begins with
// nothing, which is told.
func (m *memories) restore(e *engine.Engine, now time.Time) {
	file := m.file()
	if file == "" || !m.remembers() {
		return
	}
	sections, err := snapshot.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err == nil:
		err = errors.Join(e.Restore(sections, now.UnixNano())...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if errors.Is(err, stateversion.ErrLater) {
		m.later = true
		m.status.Damaged = err.Error()
		m.d.log.Error("what rules remembered cannot be read; it is left as it is, and what rules remember from now on ends with the daemon", "file", file, "error", err)
		return
	}
	if err != nil {
		m.status.Damaged = err.Error()
		m.d.log.Error("what rules remembered cannot be read, and begins with nothing", "file", file, "error", err)
		return
	}
	if st, err := os.Stat(file); err == nil {
		at := st.ModTime()
		m.status.Restored = &at
	}
	m.d.log.Info("rules remember what they did before the restart", "file", file, "keys", e.Stats().Keys)
}

// Run saves until ctx is done.
func (m *memories) Run(ctx context.Context) error {
	ticker := time.NewTicker(m.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			m.save(ctx)
		}
	}
}

// Close saves for the last time. The loop has ended by then, but for a daemon that was never run.
func (m *memories) Close(context.Context) error {
	if m.d.loop == nil {
		return nil
	}
	select {
	case <-m.d.loop.ended:
		if m.file() != "" && m.remembers() {
			m.write(m.copy())
		}
	default:
	}
	return nil
}

// copy copies what is remembered. It is called where nothing else uses the engine.
func (m *memories) copy() *engine.Saved {
	shift := int64(0)
	if t := m.d.loop.time; t != nil {
		shift = t.real(0)
	}
	return m.d.loop.engine.Save(shift)
}

// save has the loop copy what is remembered, and writes it.
func (m *memories) save(ctx context.Context) {
	if m.file() == "" || !m.remembers() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.every)
	defer cancel()
	var saved *engine.Saved
	if err := m.d.loop.do(ctx, func() { saved = m.copy() }); err != nil {
		return // it stops, and Close saves; or it does not answer, which is told elsewhere
	}
	m.write(saved)
}

func (m *memories) write(saved *engine.Saved) {
	if m.later {
		return
	}
	err := snapshot.Write(m.file(), saved.Sections())
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if m.status.Error == "" {
			m.d.log.Error("what rules remember cannot be saved", "file", m.file(), "error", err)
		}
		m.status.Error = err.Error()
		return
	}
	if m.status.Error != "" {
		m.d.log.Info("what rules remember is saved again", "file", m.file())
	}
	now := time.Now()
	m.status.Saved, m.status.Error = &now, ""
}

// Report implements reporter.
func (m *memories) Report(_ context.Context, s *api.Status) {
	if m.file() == "" || !m.remembers() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	status := m.status
	status.File = m.file()
	s.Memory = &status
	fails(s, "memory", status.Error)
	if status.Damaged != "" && time.Since(m.d.started) < lossLasts {
		s.Trouble = append(s.Trouble, "what rules remembered before the restart is lost: "+status.Damaged)
	}
}

// Metrics implements measured.
func (m *memories) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	saved := t.add("ruleids_memory_saved_timestamp_seconds", "When what rules remember was saved last; 0 for never.")
	failing := t.add("ruleids_memory_failing", "1 while what rules remember cannot be saved.")
	return func(ch chan<- prometheus.Metric) {
		m.mu.Lock()
		defer m.mu.Unlock()
		at := 0.0
		if m.status.Saved != nil {
			at = float64(m.status.Saved.UnixNano()) / 1e9
		}
		saved(ch, at)
		failing(ch, one(m.status.Error != ""))
	}
}
