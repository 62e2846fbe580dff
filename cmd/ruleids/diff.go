package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/study"
)

func newDiffCmd(a *app) *cobra.Command {
	d := &differ{app: a, format: oneOf("text", "json", "markdown")}
	cmd := &cobra.Command{
		Use:   "diff {[OLD] NEW | --stdlib VERSION} -r {FILE | DIR}...",
		Short: "Show what a change of rules does to the alerts on captures",
		Long: `Diff runs two rule sets over captures and shows, by rule and key, the alerts that appear, that vanish,
that come at an earlier or later packet, and that change in severity or number, and the blocks and quarantines
that are gained and lost. OLD and NEW are rule files or directories of them. Without OLD, NEW is compared
with the shipped rules alone. With --git, OLD is NEW as it is in another revision, and the shipped
rules alone where it is not there.

Each capture stands by itself, with empty windows; of a directory every *.pcap, *.pcapng and *.cap is
read, in gzip too. Both sets have the shipped rules besides; --stdlib gives OLD those of another version: of another
program or its package (.tar.gz, .zip, .deb), which is run to write them; of a directory, as "ruleids stdlib DIR" of that
version wrote them; or of a VERSION, of which a program on the PATH, a package that apt has kept, or a tag of the
program's source is looked for. With --stdlib and without rules the shipped ones alone are compared.

Exit status: 0 nothing changes, 1 something does, 2 could not run.`,
		Example: `  ruleids diff rules.old/ rules/ -r captures/
  ruleids diff --git main rules/ -r captures/ --format markdown > comment.md     in a pull request
  ruleids diff --stdlib /usr/bin/ruleids rules/ rules/ -r captures/               in the new program, before an upgrade
  ruleids diff --stdlib /usr/bin/ruleids -r captures/                             without rules of one's own
  ruleids diff --stdlib 0.3.0 rules/ rules/ -r captures/                          the same, with whatever has that version`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && d.stdlib != "" && d.git == "" && !d.rules.noStdlib && len(d.captures) > 0:
				return nil
			case len(args) == 0 || len(args) > 2:
				return misused("name the rules: diff OLD NEW -r CAPTURES, or diff NEW -r CAPTURES to compare with the shipped rules alone")
			case len(args) == 2 && d.git != "":
				return misused("with --git name NEW alone: OLD is the same path in revision %s", d.git)
			case len(d.captures) == 0:
				return misused("name captures with -r FILE, or a directory of them with -r DIR")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args) },

		ValidArgsFunction: completeRules,
	}
	cmd.Flags().StringArrayVarP(&d.captures, "read", "r", nil, "capture to read, or a directory of them: `PATH` (repeatable)")
	_ = cmd.MarkFlagFilename("read", captureExtensions...)
	cmd.Flags().StringVar(&d.git, "git", "", "OLD is NEW in this `REVISION` of its git repository")
	cmd.Flags().StringVar(&d.stdlib, "stdlib", "", "OLD has the shipped rules of this `VERSION`, or of a program, package or directory, in place of the program's own")
	_ = cmd.RegisterFlagCompletionFunc("stdlib", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)) // a path of any kind
	d.rules.addShared(cmd)
	d.format.add(cmd, cmd.Flags(), "format", "form of the output; markdown is for a comment on a pull request")
	cmd.Flags().BoolVar(&d.all, "all", false, "list every change, not the first ten of each rule")
	return cmd
}

// A differ is the command diff.
type differ struct {
	app      *app
	captures []string
	git      string
	stdlib   string
	rules    ruleFlags
	format   choice
	all      bool
}

func (d *differ) run(ctx context.Context, args []string) error {
	captures, err := study.Captures(d.captures)
	if err != nil {
		return err
	}
	newPath, newTitle := "", "those of this program"
	if len(args) > 0 {
		newPath = args[len(args)-1]
		newTitle = newPath
	}
	old, title := ruleFlags{noStdlib: d.rules.noStdlib, set: d.rules.set, config: d.rules.config}, "the shipped rules"
	var before fs.FS
	shippedTitle := ""
	if d.stdlib != "" && !d.rules.noStdlib {
		s, err := shippedOf(ctx, d.stdlib, cmp.Or(newPath, "."))
		if err != nil {
			return err
		}
		defer s.remove()
		before, title, shippedTitle = s.files, s.title, s.title
	}
	switch {
	case d.git != "":
		dir, remove, err := checkout(ctx, d.git, newPath)
		if errors.Is(err, errNotInRevision) { // so it is with the change that brings the first rules
			title += " alone, as " + newPath + " is not in " + d.git
			break
		} else if err != nil {
			return err
		}
		defer remove()
		old.paths, title = []string{dir}, newPath+" in "+d.git
	case len(args) == 2:
		old.paths = args[:1]
		if title = args[0]; before != nil {
			title += " and " + shippedTitle
		}
	}
	next := d.rules
	if newPath != "" {
		next.paths = []string{newPath}
	}
	found, news, err := d.compare(ctx, before, &old, &next, captures)
	if err != nil {
		return err
	}
	w := &diffWriter{out: d.app.folded(d.app.out), diff: found, old: title, new: newTitle, all: d.all, color: d.app.wantsColor(d.app.out)}
	switch d.format.value {
	case "json":
		enc := json.NewEncoder(d.app.out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(struct {
			Old string `json:"old"`
			New string `json:"new"`
			*study.Diff
		}{title, newTitle, found})
	case "markdown":
		err = w.markdown()
	default:
		err = w.text()
	}
	if err != nil {
		return err
	}
	faulty := false
	for i := range news {
		if news[i].Fault != nil {
			d.app.tell(news[i].Fault)
			faulty = true
		}
	}
	switch {
	case faulty:
		return status(statusFault)
	case !found.Clean():
		return status(statusFindings)
	}
	return nil
}

// compare runs both sets over captures, the old one with other shipped rules where they are not nil; news is what the new one found in each.
func (d *differ) compare(ctx context.Context, before fs.FS, old, next *ruleFlags, captures []string) (found *study.Diff, news []study.Run, err error) {
	oldSet, oldPlan, err := d.load(old, before)
	if err != nil {
		return nil, nil, err
	}
	newSet, newPlan, err := d.load(next, nil)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	olds, err := study.Replay(ctx, oldPlan, captures)
	if err != nil {
		return nil, nil, status(statusFault)
	}
	if news, err = study.Replay(ctx, newPlan, captures); err != nil {
		return nil, nil, status(statusFault)
	}
	return study.Compare(oldSet, newSet, olds, news), news, nil
}

// load loads and compiles one of the two sets; shipped stands for the embedded rules, nil for none.
func (d *differ) load(f *ruleFlags, shipped fs.FS) (*rules.RuleSet, *engine.Plan, error) {
	opt, err := f.options()
	if err != nil {
		return nil, nil, err
	}
	if shipped != nil {
		opt.Stdlib = shipped
	}
	set, plan, diags := engine.Load(opt, engine.Options{})
	if diags.HasErrors() {
		switch {
		case shipped != nil:
			d.app.tell(fmt.Errorf("the rules do not load with the shipped rules of %s in this version of the program", d.stdlib))
		case len(f.paths) > 0:
			d.app.tell(fmt.Errorf("the rules of %s do not load", f.paths[0]))
		}
		return nil, nil, d.app.refuse(diags, set.Sources)
	}
	return set, plan, nil
}
