package agent

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/source"
)

// An Input says what settings and rules are read from: at the start, and again at every reload.
type Input struct {
	Settings config.Options
	// Set are values of variables given by hand, the strongest.
	Set map[string]string
	// Stdlib returns the shipped rules to load beside those in paths.
	Stdlib func(paths []string) (fs.FS, error)
	// Host has the variables own_nets and own_macs hold what this host is, where nothing else is given for them: packets are those that it
	// sees, not those of a capture from elsewhere.
	Host bool
	// LintCodes are the codes that a lint:ignore comment may name besides those of package rules.
	LintCodes []string
	// Plan are the options of the compiler.
	Plan engine.Options
	// Candidate takes the place of copies of what is fetched, to be tried.
	Candidate Candidate
}

// A Candidate is what was fetched and does not run yet: files that take the place of copies.
type Candidate struct {
	Rules  string            // a directory; "" for the copy
	Copies map[string]string // of lists, by URL
}

// Loaded is what an Input holds at one time.
type Loaded struct {
	Config *config.Config
	Rules  *rules.RuleSet
	Plan   *engine.Plan    // nil where there are errors
	Diags  hcl.Diagnostics // of settings and rules, sorted by place
	// Sources holds the text of all files, for the printing of diagnostics.
	Sources map[string]*hcl.File
	// Paths are the files and directories that were read.
	Paths []string
}

// Load reads settings and rules, checks everything in them and compiles the rules. Nothing in Loaded is nil but
// the plan of a set with errors.
func (in *Input) Load() *Loaded {
	out := &Loaded{Sources: map[string]*hcl.File{}}
	out.Config, out.Diags = config.Load(in.Settings)
	out.Diags = append(out.Diags, out.Config.CheckSecrets()...)
	opt := rules.Options{
		Paths: out.Config.Rules.Paths, Settings: in.Settings.File, Set: in.Set,
		LookupEnv: lookup(in.Settings.Environ), LintCodes: in.LintCodes, GeoIP: out.Config.Rules.GeoIP,
		Fetched: out.Config.Rules.Fetched, Copies: in.Candidate.Copies,
	}
	if in.Host {
		if nets, macs, err := host.Links(); err == nil { // else they are as in a replay
			opt.Found = map[string][]string{"own_nets": texts(nets), "own_macs": macs}
		}
	}
	fetched, _ := source.Current(out.Config.Rules.Fetched, out.Config.Rules.Source)
	if in.Candidate.Rules != "" {
		fetched = in.Candidate.Rules
	}
	if fetched != "" {
		opt.Paths = append(slices.Clone(opt.Paths), fetched)
		opt.Confined = fetched
	}
	if path, _ := link.RuleSet(out.Config.Fleet.Directory); path != "" {
		opt.Paths = append(slices.Clone(opt.Paths), path)
	}
	if out.Config.Rules.Stdlib {
		files, err := in.Stdlib(opt.Paths)
		if err != nil {
			out.Diags = append(out.Diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unreadable directory of shipped rules", Detail: strings.TrimSuffix(err.Error(), ".") + "."})
		}
		opt.Stdlib = files
	}
	compile := in.Plan
	compile.Peaks = out.Config.Rules.Peaks != ""
	compile.Escalate = len(out.Config.Reputations) > 0
	set, plan, diags := engine.Load(opt, compile)
	for i, d := range diags {
		if diag.CodeOf(d) == diag.UnreadableFile && d.Subject != nil && slices.Contains(opt.Paths, d.Subject.Filename) && !readable(d.Subject.Filename) {
			// There is no text to point at but that which names it.
			diags[i] = out.Config.Fault("rules.paths", diag.UnreadableFile, "%s", strings.TrimSuffix(d.Detail, "."))
		}
	}
	out.Diags = diag.Sort(append(out.Diags, diags...))
	out.Rules = set
	if !out.Diags.HasErrors() {
		out.Plan = plan
	}
	maps.Copy(out.Sources, set.Sources)
	maps.Copy(out.Sources, out.Config.Sources)
	out.Paths = slices.Concat(opt.Paths, out.Config.Files, opt.GeoIP)
	for _, l := range set.Lists {
		out.Paths = append(out.Paths, l.Files...)
	}
	for _, r := range out.Config.Reputations {
		if l, ok := r.Config.(*reputation.ListConfig); ok {
			out.Paths = append(out.Paths, l.Files...)
		}
	}
	slices.Sort(out.Paths)
	out.Paths = slices.Compact(out.Paths)
	return out
}

func texts[T fmt.Stringer](of []T) []string {
	out := make([]string, len(of))
	for i, x := range of {
		out[i] = x.String()
	}
	return out
}

// readable reports whether there is a file or a directory at a path that can be opened.
func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// lookup looks environment variables up in a list of them.
func lookup(environ []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, e := range environ {
			if k, v, ok := strings.Cut(e, "="); ok && k == name {
				return v, true
			}
		}
		return "", false
	}
}

// exists reports whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
