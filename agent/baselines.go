package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/model/store"
	"github.com/ruleids/ruleids/rules"
)

// What models learn is written every so often, and each file is looked at as often for what somebody else did to it.
const (
	baselinesEvery = time.Minute
	baselinesSaved = 10 // a write comes with every so many looks
)

// baselines keeps what models learn in files over a restart. A file that somebody else changes is taken over: what ruleids
// model learn and pin write, and a copy of another sensor's; where it was removed, the model begins to learn. It
// writes nothing in a simulation, whose packets are of another time.
type baselines struct {
	d     *Daemon
	every time.Duration

	mu    sync.Mutex
	known map[string]*baselineFile
}

// A baselineFile is the file of a model as it was written or read last.
type baselineFile struct {
	at     time.Time // its time of change; zero where there is none
	size   int64
	saved  *time.Time
	failed string
	left   bool // it could not be used, and is left as it is
}

func newBaselines(d *Daemon) *baselines {
	return &baselines{d: d, every: baselinesEvery, known: map[string]*baselineFile{}}
}

// store returns where baselines are kept; ok is false for nowhere.
func (b *baselines) store() (s store.Store, ok bool) {
	dir := b.d.running.Rules.Models
	return store.Store{Dir: dir}, dir != "" && b.d.opt.Simulate == ""
}

// specs returns what the models of the plan learn.
func (b *baselines) specs() []model.Spec {
	if plan := b.d.loaded.Load().Plan; plan != nil {
		return plan.Models()
	}
	return nil
}

// Open makes the directory.
func (b *baselines) Open(context.Context) error {
	s, ok := b.store()
	if !ok || len(b.specs()) == 0 {
		return nil
	}
	if err := ownDirectory(filepath.Join(s.Dir, "x"), b.d.account); err != nil {
		return fmt.Errorf("rules: %w; name another place with rules { models = … }", err)
	}
	return nil
}

// load reads what the models of the plan have learned. One that cannot be used is told of, and left as it is; that model begins
// to learn.
func (b *baselines) load() map[string]*model.Model {
	out := map[string]*model.Model{}
	s, ok := b.store()
	if !ok {
		return out
	}
	for _, spec := range b.specs() {
		if m := b.read(s, spec); m != nil {
			out[spec.Name] = m
		}
	}
	return out
}

// read reads the file of a model, and remembers how it is; nil where there is nothing to be used.
func (b *baselines) read(s store.Store, spec model.Spec) *model.Model {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.file(spec.Name)
	m, err := s.Load(spec)
	f.look(s.Path(spec.Name))
	if errors.Is(err, fs.ErrNotExist) {
		f.left = false
		return nil
	}
	f.failed, f.left = "", err != nil
	if err != nil {
		f.failed = err.Error()
		b.d.log.Error("what a model has learned cannot be used, and it begins to learn", "model", spec.Name, "error", err)
		return nil
	}
	b.d.log.Info("a model goes on with what it has learned", "model", spec.Name, "baseline", short(m.ID()))
	return m
}

// file returns what is known of the file of a model. It is called with mu held.
func (b *baselines) file(name string) *baselineFile {
	f := b.known[name]
	if f == nil {
		f = &baselineFile{}
		b.known[name] = f
	}
	return f
}

func (f *baselineFile) look(path string) {
	f.at, f.size = time.Time{}, 0
	if st, err := os.Stat(path); err == nil {
		f.at, f.size = st.ModTime(), st.Size()
	}
}

// short is the beginning of a digest.
func short(digest string) string { return digest[:min(len(digest), 12)] }

// Run saves and looks until ctx is done.
func (b *baselines) Run(ctx context.Context) error {
	n := 0
	for range ticks(ctx, b.every) {
		b.follow(ctx)
		if n++; n%baselinesSaved == 0 {
			b.save(ctx)
		}
	}
	return nil
}

// follow takes over files that somebody else changed.
func (b *baselines) follow(ctx context.Context) {
	s, ok := b.store()
	if !ok {
		return
	}
	for _, spec := range b.specs() {
		var now baselineFile
		now.look(s.Path(spec.Name))
		b.mu.Lock()
		f := b.known[spec.Name]
		same := f == nil && now.at.IsZero() || f != nil && f.at.Equal(now.at) && f.size == now.size
		b.mu.Unlock()
		if same {
			continue
		}
		m := b.read(s, spec)
		if m == nil {
			if !now.at.IsZero() {
				continue // it was told why
			}
			b.d.log.Info("what a model has learned was removed: it begins to learn", "model", spec.Name)
			m = model.New(spec)
		}
		ctx, cancel := context.WithTimeout(ctx, b.every)
		_ = b.d.loop.do(ctx, func() { b.d.loop.engine.SetModel(m) }) // else it stops
		cancel()
	}
}

// Close saves for the last time.
func (b *baselines) Close(context.Context) error {
	if b.d.ended() {
		b.write(b.copy())
	}
	return nil
}

// A savedModel is what a model has learned, as a file.
type savedModel struct {
	name, id string
	data     []byte
}

// copy makes files of what models have learned. It is called where nothing else uses the engine.
func (b *baselines) copy() (out []savedModel) {
	for _, m := range b.d.loop.engine.Models() {
		if n, _, learning := m.Learning(); learning && n == 0 {
			continue
		}
		out = append(out, savedModel{m.Spec().Name, m.ID(), m.SaveShifted(b.d.loop.real(0))})
	}
	return out
}

func (b *baselines) save(ctx context.Context) {
	if _, ok := b.store(); !ok || len(b.specs()) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, b.every)
	defer cancel()
	var saved []savedModel
	if err := b.d.loop.do(ctx, func() { saved = b.copy() }); err == nil {
		b.write(saved)
	}
}

func (b *baselines) write(saved []savedModel) {
	s, ok := b.store()
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range saved {
		f := b.file(m.name)
		var there baselineFile
		if there.look(s.Path(m.name)); !there.at.Equal(f.at) {
			continue // somebody else wrote it since: the next look takes it over
		}
		if f.left && !f.at.IsZero() {
			continue // it is not ours to write over
		}
		if err := s.Write(m.name, m.id, m.data); err != nil {
			if f.failed == "" {
				b.d.log.Error("what a model has learned cannot be saved", "model", m.name, "error", err)
			}
			f.failed = err.Error()
			continue
		}
		now := time.Now()
		f.failed, f.saved = "", &now
		f.look(s.Path(m.name))
	}
}

// Report implements reporter.
func (b *baselines) Report(ctx context.Context, s *api.Status) {
	if len(b.specs()) == 0 {
		return
	}
	var models []api.ModelStatus
	if b.d.loop == nil || b.d.loop.do(ctx, func() { models = b.describe() }) != nil {
		return
	}
	dir, ok := b.store()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range models {
		m := &models[i]
		if ok {
			m.File = dir.Path(m.Name)
		}
		if f := b.known[m.Name]; f != nil {
			m.Saved, m.Error = f.saved, f.failed
		}
		fails(s, "model "+m.Name, m.Error)
	}
	s.Models = models
}

// describe says what models have learned. It is called where nothing else uses the engine.
func (b *baselines) describe() (out []api.ModelStatus) {
	blocks := map[string]*rules.Model{}
	for _, r := range b.d.loaded.Load().Rules.Models {
		blocks[r.Name] = r
	}
	for _, m := range b.d.loop.engine.Models() {
		spec, facts := m.Spec(), m.Facts()
		x := fleet.Model{Name: spec.Name, Method: spec.Method.String(), Needs: spec.MinSamples, Learns: spec.Learn.Seconds(), Baseline: short(m.ID()), Pinned: m.Pinned(),
			Later: facts.Later, Odd: facts.Odd, Learned: time.Duration(facts.To - facts.From).Seconds(), Features: []fleet.ModelFeature{}}
		if n, span, learning := m.Learning(); learning {
			x.Learning, x.Samples, x.Learned = true, n, span.Seconds()
		}
		drift := m.Drift()
		for i, p := range m.Usual() {
			f := fleet.ModelFeature{Name: p.Feature, Usual: "no value"}
			if block := blocks[spec.Name]; p.Known && block != nil && block.Definition == spec.Definition {
				f.Usual = engine.RangeWords(block, i, p.Low, p.High)
			}
			if drift != nil {
				f.Drift = &drift[i]
			}
			x.Features = append(x.Features, f)
		}
		out = append(out, api.ModelStatus{Model: x})
	}
	return out
}

// Metrics implements measured.
func (b *baselines) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	learning := t.add("ruleids_model_learning", "1 while a model learns and gives no scores.", "model")
	drift := t.add("ruleids_model_drift", "How far what came lately is from what a model has learned: the greatest population stability index of its features. Above 0.25 is much.", "model")
	odd := t.add("ruleids_model_not_learned_total", "Samples that a model has not learned since they were odd.", "model")
	return func(ch chan<- prometheus.Metric) {
		if b.d.loop == nil || len(b.specs()) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var models []api.ModelStatus
		if b.d.loop.do(ctx, func() { models = b.describe() }) != nil {
			return
		}
		for _, m := range models {
			learning(ch, one(m.Learning), m.Name)
			most := 0.0
			if f := m.MostDrift(); f != nil {
				most = *f.Drift
			}
			drift(ch, most, m.Name)
			odd(ch, float64(m.Odd), m.Name)
		}
	}
}
