package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/diag"
)

func newReloadCmd(a *app) *cobra.Command {
	var control controlFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Reload the daemon's rules and settings",
		Long: `Reload makes the daemon read its rules and settings again, which it also does by itself when their
files change, and says which rules were added, removed, kept and reset (their windows start empty),
by the reload before where that was there first.
Where the files have errors it prints them, and the rules of before run on. Files of outputs are
opened again, too. Exit status: 0 what is on disk runs, 1 it has errors, 2 no daemon answers.`,
		Example: `  ruleids lint my-rules/ && ruleids reload
  ruleids reload --format json | jq .digest`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := control.client(a)
			if err != nil {
				return err
			}
			r, err := c.Reload(cmd.Context())
			if err != nil {
				return err
			}
			if !r.OK && format.value == "text" {
				return cmp.Or[error](diag.WriteText(a.out, r.Problems, nil, a.wantsColor(a.out)), status(statusFindings))
			}
			return a.answer(format, r, !r.OK, func(b *strings.Builder, _ bool) { writeReload(b, r) })
		},
	}
	control.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// writeReload writes what a reload did; where it had nothing to do, what the one before did.
func writeReload(b *strings.Builder, r *api.ReloadReport) {
	if r.Changed {
		fmt.Fprintf(b, "%d rules loaded, digest %.12s, in %.0f ms; packets waited %.3f ms\n", r.Rules, r.Digest, r.LoadSeconds*1e3, r.PauseSeconds*1e3)
		writeChange(b, r)
	} else {
		fmt.Fprintf(b, "nothing changed: %d rules, digest %.12s\n", r.Rules, r.Digest)
		if r.Before != nil {
			fmt.Fprintf(b, "loaded %s (%s):\n", r.Before.Time.Local().Format(time.DateTime), r.Before.Reason)
			writeChange(b, r.Before)
		}
	}
	if len(r.Restart) > 0 {
		fmt.Fprintf(b, "  %-8s %s\n", "restart", "needed for changed settings: "+strings.Join(r.Restart, ", "))
	}
}

// writeChange writes what became of rules, a line for each list that is not empty.
func writeChange(b *strings.Builder, r *api.ReloadReport) {
	for _, l := range []struct {
		word  string
		names []string
	}{{"added", r.Added}, {"removed", r.Removed}, {"reset", r.Reset}, {"empty", r.EmptyLists}} {
		if len(l.names) > 0 {
			fmt.Fprintf(b, "  %-8s %s\n", l.word, strings.Join(l.names, ", "))
		}
	}
	fmt.Fprintf(b, "  %-8s %s\n", "kept", plural(uint64(len(r.Kept)), "rule"))
}
