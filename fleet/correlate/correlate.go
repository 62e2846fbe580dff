// Package correlate runs rules on the alerts of all agents together: the engine of a sensor, whose events are alerts.
package correlate

import (
	"embed"
	"hash/fnv"
	"io/fs"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

//go:embed fleet.hcl
var shipped embed.FS

// FS returns the shipped rules on alerts. It is read-only and always the same.
func FS() fs.FS { return shipped }

// category is that of the shipped rules that run here.
const category = "fleet"

// Name is the agent in the alerts of these rules.
const Name = "server"

// A Correlator runs rules on alerts. It is not safe for concurrent use.
type Correlator struct {
	engine *engine.Engine
	own    map[string]bool // rules on alerts, whose alerts are not looked at
	span   time.Duration
	emit   func(*alert.Alert)
}

// Load reads the shipped rules and those of paths. Alerts that they raise go to emit.
func Load(opt rules.Options, emit func(*alert.Alert)) (*Correlator, *rules.RuleSet, hcl.Diagnostics) {
	opt.Stdlib = overlay{stdlib.FS()}
	set, diags := rules.Load(opt)
	if diags.HasErrors() {
		return nil, set, diags
	}
	c := &Correlator{own: map[string]bool{}, emit: emit}
	for _, r := range set.Rules {
		if r.On != packet.EventAlert {
			r.Enabled = false // it is there to be named
			continue
		}
		c.own[r.Name] = true
		if r.Shipped && r.Category != category {
			r.Enabled = false // it runs at each agent
			continue
		}
		for _, w := range r.Windows {
			c.span = max(c.span, w.Span)
		}
	}
	plan, more := engine.Compile(set, engine.Options{})
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, set, diags
	}
	c.engine = engine.New(plan, engine.Config{Agent: Name})
	return c, set, diags
}

// Span is how far back windows reach: with the alerts of that time a new Correlator knows what one before it knew.
func (c *Correlator) Span() time.Duration { return c.span }

// Look looks at an alert.
func (c *Correlator) Look(a *alert.Alert) {
	if a.Agent == Name || c.own[a.Rule] {
		return
	}
	c.engine.PostAlert(a, c.emit)
}

// Identity returns a number for the rule and the key of an alert, and one for its time: the same alert, raised again from the
// same alerts after a restart, has the same.
func Identity(a *alert.Alert) (key, at uint64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(a.Rule))
	for _, k := range a.Key {
		_, _ = h.Write([]byte{0})
		if s, ok := k.Value.(string); ok {
			_, _ = h.Write([]byte(s))
		}
	}
	return h.Sum64() >> 1, uint64(max(a.Time/1000, 1))
}

// overlay is the shipped rules with those of the fleet.
type overlay struct{ fs.FS }

const fleetDir = "fleet"

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if rest, ok := strings.CutPrefix(name, fleetDir); ok {
		if rest == "" {
			return shipped.Open(".")
		}
		return shipped.Open(strings.TrimPrefix(rest, "/"))
	}
	return o.FS.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	switch name {
	case ".":
		all, err := fs.ReadDir(o.FS, ".")
		return append(all, directory{fleetDir}), err
	case fleetDir:
		return shipped.ReadDir(".")
	}
	return fs.ReadDir(o.FS, name)
}

// A directory is an entry of one: an fs.DirEntry of which only the name is its own.
type directory struct{ name string }

func (d directory) Name() string               { return d.name }
func (d directory) IsDir() bool                { return true }
func (d directory) Type() fs.FileMode          { return fs.ModeDir }
func (d directory) Info() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
