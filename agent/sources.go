package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/rules/lists"
	"github.com/ruleids/ruleids/rules/source"
)

// sources fetches the rule set and the lists that are published elsewhere, again and again. What is new is tried with everything
// else before it takes the place of the copy; then the rules are loaded again as after any change of files.
type sources struct {
	d       *Daemon
	store   *source.Store
	changed chan *Loaded // what a reload brought, which may name others to fetch

	mu   sync.Mutex
	work map[string]*published // by what is fetched
}

// published is one thing that is fetched.
type published struct {
	name string // of the list; "" for the rule set
	list *lists.List
	feed *lists.Feed
	spec source.Spec

	refresh, maxAge time.Duration
	stop            context.CancelFunc

	mu      sync.Mutex
	copy    source.Copy
	since   time.Time // when it was first looked for
	trouble retry.Trouble
	fetches map[string]uint64 // by result
}

// The results of fetching.
const (
	resultChanged   = "changed"
	resultUnchanged = "unchanged"
	resultFailed    = "failed"
)

func newSources(d *Daemon) *sources {
	return &sources{d: d, changed: make(chan *Loaded, 1), work: map[string]*published{}}
}

// dir returns where copies are kept; "" for nowhere.
func (s *sources) dir() string {
	if s.d.opt.Simulate != "" {
		return "" // copies are read, and none is fetched
	}
	return s.d.running.Rules.Fetched
}

// Open gets ready.
func (s *sources) Open(context.Context) error {
	s.store = &source.Store{Dir: s.dir(), Client: fetch.NewClient("ruleids/" + s.d.opt.Version)}
	return nil
}

// Apply takes over what there is to fetch.
func (s *sources) Apply(_ context.Context, next *Loaded) error {
	for {
		select {
		case s.changed <- next:
			return nil
		case <-s.changed: // the one before is not needed any more
		}
	}
}

// Run fetches until ctx is done.
func (s *sources) Run(ctx context.Context) error {
	if s.dir() == "" {
		return nil
	}
	var fetching sync.WaitGroup
	defer fetching.Wait()
	for now := s.d.loaded.Load(); ; {
		s.follow(ctx, now, &fetching)
		select {
		case <-ctx.Done():
			return nil
		case now = <-s.changed:
		}
	}
}

// Close has nothing to give up.
func (s *sources) Close(context.Context) error { return nil }

// follow begins to fetch what there is to fetch now, and stops with what there is not any more.
func (s *sources) follow(ctx context.Context, now *Loaded, fetching *sync.WaitGroup) {
	want := map[string]*published{}
	if c := &now.Config.Rules; c.Source != "" {
		spec, err := c.Spec()
		p := &published{spec: spec, refresh: c.Refresh, maxAge: c.MaxAge}
		_, p.copy = source.Current(s.dir(), spec.Source)
		if err != nil {
			p.trouble.Failed(err, time.Now())
		}
		want[fmt.Sprintf("%v %v %v", spec, p.refresh, p.maxAge)] = p
	}
	for _, l := range now.Rules.Lists {
		for _, f := range l.Feeds {
			want[fmt.Sprintf("%s %s %s %s %s %s %d", f.URL, l.Name, l.Type, l.Header, f.Refresh, f.MaxAge, f.MaxSize)] = &published{name: l.Name, list: l, feed: f, refresh: f.Refresh, maxAge: f.MaxAge}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, p := range s.work {
		if want[key] == nil {
			p.stop()
			delete(s.work, key)
		}
	}
	for key, p := range want {
		if s.work[key] != nil {
			continue
		}
		if p.feed != nil {
			p.copy = s.store.ListCopy(p.feed)
		}
		p.since, p.fetches = time.Now(), map[string]uint64{resultChanged: 0, resultUnchanged: 0, resultFailed: 0}
		var own context.Context
		own, p.stop = context.WithCancel(ctx)
		s.work[key] = p
		fetching.Go(func() { s.keep(own, p) })
	}
}

// Fetching that failed is tried again after a minute, then in times that double up to an hour, or to what it is refreshed in.
const (
	againFirst = time.Minute
	againMax   = time.Hour
)

// keep fetches one thing until ctx is done.
func (s *sources) keep(ctx context.Context, p *published) {
	backoff := retry.Backoff{First: min(againFirst, p.refresh), Max: min(againMax, p.refresh)}
	// After a restart a copy is as old as it was; many that start at a time do not come at a time.
	wait := time.Duration(0)
	if age := p.copy.Age(time.Now()); !p.copy.Checked.IsZero() && age < p.refresh {
		wait = p.refresh - age + rand.N(time.Second)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		changed, err := s.fetch(ctx, p)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			wait = retry.Spread(backoff.Next())
			if f, ok := errors.AsType[*fetch.Failure](err); ok {
				wait = max(wait, f.Retry)
			}
			continue
		}
		backoff.Reset()
		wait = retry.Spread(p.refresh)
		if changed {
			s.d.rules.ask(ctx, request{reason: p.String(), look: true, fresh: true})
		}
	}
}

// String names it for people.
func (p *published) String() string {
	if p.feed != nil {
		return fmt.Sprintf("list %q", p.name)
	}
	return "rule set"
}

// address is the URL for people: without what may be a secret.
func (p *published) address() string {
	text := p.spec.Source
	if p.feed != nil {
		text = p.feed.URL
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.RawQuery = ""
	return u.Redacted()
}

// fetch fetches it once.
func (s *sources) fetch(ctx context.Context, p *published) (changed bool, err error) {
	var c source.Copy
	if p.feed != nil {
		c, changed, err = s.store.List(ctx, p.list, p.feed, func(file string) error {
			return s.try(Candidate{Copies: map[string]string{p.feed.URL: file}})
		})
	} else {
		c, changed, err = s.store.Rules(ctx, p.spec, func(dir string) error { return s.try(Candidate{Rules: dir}) })
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	now := time.Now()
	result := resultUnchanged
	switch {
	case err != nil:
		result = resultFailed
		if p.trouble.Failed(err, now) {
			s.d.log.Warn("fetching failed; what there is of it is kept", "what", p.String(), "from", p.address(), "error", err)
		}
	case changed:
		result = resultChanged
		s.d.log.Info("fetched", "what", p.String(), "from", p.address(), "sha256", c.SHA256, "entries", c.Entries, "left_out", c.LeftOut, "files", c.Files, "version", c.Version)
	}
	if err == nil {
		if after, log := p.trouble.Works(now); log {
			s.d.log.Info("fetching works again", "what", p.String(), "after", after.Round(time.Second).String())
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.copy = c
	p.fetches[result]++
	return changed, err
}

// try loads everything with what is new in its place.
func (s *sources) try(c Candidate) error {
	in := s.d.opt.Input
	in.Candidate = c
	return Loads(&in)
}

// Loads returns the first error of what an Input holds, with its place; nil where there is none.
func Loads(in *Input) error {
	for _, d := range in.Load().Diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		at := ""
		if d.Subject != nil {
			at = fmt.Sprintf("%s:%d: ", filepath.Base(d.Subject.Filename), d.Subject.Start.Line)
		}
		text := fmt.Sprintf("%s%s. %s", at, strings.TrimSuffix(d.Summary, "."), d.Detail)
		if dir := in.Candidate.Rules; dir != "" { // it has no name that lasts
			text = strings.ReplaceAll(text, filepath.ToSlash(dir)+"/", "")
		}
		return fmt.Errorf("the rules do not load with it: %s", text)
	}
	return nil
}

// all returns what is fetched, the rule set first, then by name.
func (s *sources) all() []*published {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.work), func(a, b *published) int {
		return strings.Compare(a.name+" "+a.address(), b.name+" "+b.address())
	})
}

// status returns how fetching it goes.
func (p *published) status(now time.Time) api.SourceStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	kind := "list"
	if p.feed == nil {
		kind = string(p.spec.Kind())
	}
	out := api.SourceStatus{Name: p.name, Kind: kind, From: p.address(), Have: !p.copy.Checked.IsZero(), AgeSeconds: p.copy.Age(now).Seconds(), SHA256: p.copy.SHA256, Version: p.copy.Version,
		Entries: p.copy.Entries, LeftOut: p.copy.LeftOut, Files: p.copy.Files, Fetches: maps.Clone(p.fetches), Report: p.trouble.State().Report()}
	if out.Have {
		checked, changed := p.copy.Checked, p.copy.Changed
		out.Checked, out.Changed = &checked, &changed
	} else {
		out.AgeSeconds = now.Sub(p.since).Seconds()
	}
	out.Old = p.maxAge > 0 && out.AgeSeconds > p.maxAge.Seconds()
	return out
}

// Report implements reporter.
func (s *sources) Report(_ context.Context, st *api.Status) {
	st.Sources = []api.SourceStatus{}
	now := time.Now()
	for _, p := range s.all() {
		x := p.status(now)
		st.Sources = append(st.Sources, x)
		switch {
		case x.Old && x.Have:
			st.Trouble = append(st.Trouble, fmt.Sprintf("%s: the copy is %s old, more than max_age: %s", p, time.Duration(x.AgeSeconds*float64(time.Second)).Round(time.Second), x.Error))
		case !x.Have && x.Error != "":
			st.Trouble = append(st.Trouble, fmt.Sprintf("%s: there is no copy, and fetching fails: %s", p, x.Error))
		case x.Error != "":
			st.Trouble = append(st.Trouble, fmt.Sprintf("%s: fetching fails, the copy from before is used: %s", p, x.Error))
		}
	}
}

// Metrics implements measured.
func (s *sources) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	age := t.add("ruleids_source_age_seconds", "Time since a list or rule set that is fetched was seen at its source; of one without a copy, since the daemon looks for it.", "kind", "name")
	failing := t.add("ruleids_source_failing", "1 while fetching fails and the copy from before is kept.", "kind", "name")
	entries := t.add("ruleids_source_entries", "Entries of a list that is fetched, or files of a rule set.", "kind", "name")
	fetches := t.add("ruleids_source_fetches_total", "Looks at a source, by result: changed, unchanged or failed.", "kind", "name", "result")
	return func(ch chan<- prometheus.Metric) {
		now := time.Now()
		seen := map[string]int{}
		for _, p := range s.all() {
			x := p.status(now)
			name := x.Name
			if seen[name]++; seen[name] > 1 { // a list with several
				name = fmt.Sprintf("%s#%d", name, seen[name])
			}
			age(ch, x.AgeSeconds, x.Kind, name)
			failing(ch, one(x.Error != ""), x.Kind, name)
			entries(ch, float64(max(x.Entries, x.Files)), x.Kind, name)
			for result, n := range x.Fetches {
				fetches(ch, float64(n), x.Kind, name, result)
			}
		}
	}
}
