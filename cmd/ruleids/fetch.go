package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/rules/lists"
	"github.com/ruleids/ruleids/rules/source"
)

func newFetchCmd(a *app) *cobra.Command {
	f := &fetcher{app: a, format: oneOf("text", "json")}
	cmd := &cobra.Command{
		Use:   "fetch [PATH...]",
		Short: "Fetch the rule set and the lists that come from elsewhere, once",
		Long: `Fetch gets what the settings name with rules { source = … }, and lists that have a url: those of the rules in the settings, and
of the rule files and directories that are named. What is new is checked and tried with all other rules, and only then takes the
place of the copy. The daemon does this by itself; fetch is for the first copy, for hosts that run no daemon, and to see
what is wrong. A daemon that runs takes new lists over at once, and a new rule set with ruleids reload.
Exit status: 0 all is there, 1 something could not be fetched, 2 could not run.`,
		Example: `  ruleids fetch
  ruleids fetch --config /etc/ruleids/ruleids.hcl
  RULEIDS_RULES_FETCHED=copies ruleids fetch rules/`,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args) },
		ValidArgsFunction: completeRules,
	}
	addConfigFlag(cmd, &f.config)
	f.format.add(cmd, cmd.Flags(), "format", "form of the report")
	return cmd
}

// A fetcher is the command fetch.
type fetcher struct {
	app    *app
	config string
	format choice
}

// A fetching is what became of one source, as JSON has it.
type fetching struct {
	Name    string `json:"name"` // of the list; "" for the rule set
	Source  string `json:"source"`
	Result  string `json:"result"` // "changed", "unchanged" or "failed"
	Entries int    `json:"entries"`
	LeftOut int    `json:"left_out"`
	Files   int    `json:"files"`
	SHA256  string `json:"sha256"`
	Error   string `json:"error"`
}

func (f *fetcher) run(ctx context.Context, paths []string) error {
	name, err := settingsFile(f.config)
	if err != nil {
		return err
	}
	if err := haveRules(paths); err != nil {
		return err
	}
	in := agent.Input{Settings: config.Options{File: name, Environ: os.Environ()}, Stdlib: embeddedBeside, LintCodes: lint.IgnoreCodes()}
	if len(paths) > 0 {
		in.Settings.Flags = map[string]config.Given{"rules.paths": {Flag: "PATH", Values: paths}}
	}
	loaded := in.Load()
	if loaded.Diags.HasErrors() {
		return f.app.refuse(loaded.Diags, loaded.Sources)
	}
	c := &loaded.Config.Rules
	store := source.Store{Dir: c.Fetched, Client: fetch.NewClient("ruleids/" + currentBuild().Version)}
	out := []fetching{}
	take := func(x fetching, c source.Copy, changed bool, err error) {
		x.Entries, x.LeftOut, x.Files, x.SHA256, x.Result = c.Entries, c.LeftOut, c.Files, c.SHA256, "unchanged"
		switch {
		case err != nil:
			x.Result, x.Error = "failed", err.Error()
		case changed:
			x.Result = "changed"
		}
		out = append(out, x)
	}
	if c.Fetched == "" {
		return misused("there is no directory to fetch to; name one with rules { fetched = … }")
	}
	if c.Source != "" {
		spec, err := c.Spec()
		if err != nil {
			return err
		}
		got, changed, err := store.Rules(ctx, spec, func(dir string) error { return f.try(in, agent.Candidate{Rules: dir}) })
		take(fetching{Source: c.Source}, got, changed, err)
		loaded = in.Load() // the new set may have lists of its own
	}
	for _, l := range loaded.Rules.Lists {
		for _, x := range l.Feeds {
			got, changed, err := f.list(ctx, &store, in, l, x)
			take(fetching{Name: l.Name, Source: x.URL}, got, changed, err)
		}
	}
	failed := slices.ContainsFunc(out, func(x fetching) bool { return x.Error != "" })
	return f.app.answer(f.format, out, failed, func(b *strings.Builder, color bool) { writeFetched(b, out, color) })
}

// list fetches a list, and tries it with all rules.
func (f *fetcher) list(ctx context.Context, store *source.Store, in agent.Input, l *lists.List, x *lists.Feed) (source.Copy, bool, error) {
	return store.List(ctx, l, x, func(file string) error { return f.try(in, agent.Candidate{Copies: map[string]string{x.URL: file}}) })
}

func (f *fetcher) try(in agent.Input, c agent.Candidate) error {
	in.Candidate = c
	return agent.Loads(&in)
}

// writeFetched says what became of each source.
func writeFetched(b *strings.Builder, all []fetching, color bool) {
	if len(all) == 0 {
		b.WriteString("nothing is fetched: no list has a url, and the settings name no source of rules\n")
		return
	}
	rows := [][]string{{"what", "from", "result", "has"}}
	for _, x := range all {
		what, has := "list "+x.Name, thousands(uint64(x.Entries))+" entries"
		if x.Name == "" {
			what, has = "rules", plural(uint64(x.Files), "file")
		}
		if x.LeftOut > 0 {
			has += fmt.Sprintf(", %s left out", thousands(uint64(x.LeftOut)))
		}
		if x.SHA256 == "" {
			has = "no copy"
		}
		rows = append(rows, []string{what, printable.Line(x.Source), x.Result, has})
	}
	writeTable(b, rows, headed(color))
	for _, x := range all {
		if x.Error != "" {
			fmt.Fprintf(b, "%s %s: %s\n", styleRed.paint("error:", color), printable.Line(x.Source), printable.Line(x.Error))
		}
	}
}
