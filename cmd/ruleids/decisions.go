package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/printable"
)

// newDecisionsCmd is the command decisions.
func newDecisionsCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "decisions",
		Short: "Manage block and quarantine decisions",
		Long: `Decisions asks the running daemon who is blocked or quarantined, or would be in monitor mode, and changes
it. Every change goes through the same checks as one of a rule: what this host cannot do without is never
blocked. It is written to the journal and to the audit log, with the account that asked.

The commands block, quarantine and unblock are short for decisions add and decisions remove.`,
		Example: `  ruleids decisions list
  ruleids decisions show 198.51.100.7
  ruleids decisions add 198.51.100.0/24 --for 2h --reason "asked by the upstream"
  ruleids decisions export > decisions.json`,
	}, newDecisionsListCmd(a), newDecisionsShowCmd(a), newDecisionsAddCmd(a), newDecisionsRemoveCmd(a),
		newDecisionsExportCmd(a), newDecisionsImportCmd(a))
}

func newDecisionsListCmd(a *app) *cobra.Command {
	return decisionsQuestion().command(a, &cobra.Command{
		Use:     "list",
		Short:   "List all decisions",
		Long:    "List prints the decisions that hold, and those that would hold but for the mode, the oldest first.",
		Example: "  ruleids decisions list\n  ruleids decisions list --format json | jq -r '.[] | select(.source == \"rule\") | .target'",
	})
}

func newDecisionsShowCmd(a *app) *cobra.Command {
	q := decisionsQuestion()
	q.complete = targets
	return q.command(a, &cobra.Command{
		Use:     "show ADDRESS",
		Short:   "Show what keeps an address or prefix out",
		Long:    "Show prints the decisions that cover an address or prefix, the narrowest first. Exit status: 0 there is one, 1 there is none.",
		Example: "  ruleids decisions show 198.51.100.7",
		Args:    oneTarget,
	})
}

// decisionsQuestion asks for all decisions, or with an argument for those that cover that target.
func decisionsQuestion() question[[]decision.Decision] {
	var t decision.Target
	return question[[]decision.Decision]{
		ask: func(ctx context.Context, c *api.Client, args []string) (_ []decision.Decision, err error) {
			if len(args) > 0 {
				if t, err = parseTarget(args[0]); err != nil {
					return nil, err
				}
			}
			return c.Decisions(ctx, t)
		},
		findings: func(ds []decision.Decision) bool { return t.IsValid() && len(ds) == 0 },
		write: func(b *strings.Builder, ds []decision.Decision, color bool) {
			switch {
			case len(ds) > 0:
				writeDecisions(b, ds, t.IsValid(), time.Now(), color)
			case t.IsValid():
				fmt.Fprintf(b, "nothing keeps %s out\n", t)
			default:
				fmt.Fprintln(b, "no decisions")
			}
		},
	}
}

// writeDecisions writes a table of decisions; in full with their reasons and origins on lines of their own.
func writeDecisions(b *strings.Builder, ds []decision.Decision, full bool, now time.Time, color bool) {
	if full {
		for i := range ds {
			writeDecision(b, &ds[i], now, color)
		}
		return
	}
	rows := [][]string{{"id", "decision", "target", "until", "by", "reason"}}
	for i := range ds {
		d := &ds[i]
		rows = append(rows, []string{fmt.Sprint(d.ID), kindWord(d), d.Target.String(), untilWords(d, now), printable.Line(d.Origin.String()), printable.Line(d.Reason)})
	}
	writeTable(b, rows, headed(color))
}

// writeDecision writes one decision with all that is known of it.
func writeDecision(b *strings.Builder, d *decision.Decision, now time.Time, color bool) {
	fmt.Fprintf(b, "%s %s\n", styleYellow.paint(kindWord(d), color), d.Target)
	rows := [][]string{{"  since", d.Since.Local().Format(time.DateTime)}, {"until", untilWords(d, now)}, {"by", printable.Line(d.Origin.String())}}
	if d.Reason != "" {
		rows = append(rows, []string{"reason", printable.Line(d.Reason)})
	}
	if d.Alert != nil {
		rows = append(rows, []string{"alert", fmt.Sprintf("%s, of %s", d.Alert.Severity, d.Alert.Time.Local().Format(time.DateTime))})
	}
	if d.Offences > 1 {
		rows = append(rows, []string{"offences", fmt.Sprint(d.Offences)})
	}
	if d.Forced {
		rows = append(rows, []string{"forced", "against never_block"})
	}
	writeTable(b, rows, func(_, _ int, cell string) string { return cell })
}

// kindWord names what a decision does.
func kindWord(d *decision.Decision) string {
	if d.Recorded {
		return "would " + string(d.Kind)
	}
	return string(d.Kind)
}

// untilWords says when a decision ends.
func untilWords(d *decision.Decision, now time.Time) string {
	if d.Until.IsZero() {
		return "lifted"
	}
	return fmt.Sprintf("%s (%s)", d.Until.Local().Format(time.DateTime), age(max(0, d.Until.Sub(now).Seconds())))
}

func newDecisionsAddCmd(a *app) *cobra.Command {
	return new(deciding).command(a, "", "quarantine for a `DURATION`, as 10m or 24h, instead of blocking", &cobra.Command{
		Use:     "add ADDRESS",
		Short:   "Block an address or prefix, or quarantine it with --for",
		Long:    "Add blocks an address or prefix until it is lifted; with --for it is quarantined for so long." + decisionStatus,
		Example: "  ruleids decisions add 198.51.100.7 --reason \"credential stuffing\"\n  ruleids decisions add 2001:db8:bad::/48 --for 24h",
	})
}

func newDecisionsRemoveCmd(a *app) *cobra.Command {
	cmd := newUnblockCmd(a)
	cmd.Use = "remove ADDRESS"
	cmd.Example = "  ruleids decisions remove 198.51.100.7"
	return cmd
}

func newDecisionsExportCmd(a *app) *cobra.Command {
	var control controlFlags
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write the decisions that hold as JSON",
		Long:    "Export writes the decisions that hold as one JSON document, which decisions import reads, on this host or another.",
		Example: "  ruleids decisions export > decisions.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := control.client(a)
			if err != nil {
				return err
			}
			return c.Export(cmd.Context(), a.out)
		},
	}
	control.add(cmd)
	return cmd
}

func newDecisionsImportCmd(a *app) *cobra.Command {
	return question[[]api.DecisionAnswer]{
		ask: func(ctx context.Context, c *api.Client, args []string) ([]api.DecisionAnswer, error) {
			in := a.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return nil, err
				}
				defer f.Close()
				in = f
			}
			return c.Import(ctx, in, sudoAccount())
		},
		findings: func(answers []api.DecisionAnswer) bool {
			return slices.ContainsFunc(answers, func(r api.DecisionAnswer) bool { return !r.Done() })
		},
		write: writeImported,
	}.command(a, &cobra.Command{
		Use:   "import FILE",
		Short: "Make the decisions of an export hold here too",
		Long: `Import reads what decisions export wrote, - for standard input. Each decision keeps who made it, when
and why, and goes through every check of this host: what is protected here is refused, what is over is too.
Exit status: 0 all are made, 1 some are not, 2 the file cannot be read.`,
		Example: "  ruleids decisions import decisions.json\n  ssh other ruleids decisions export | ruleids decisions import -",
		Args:    arguments(1, 1, "name one file, or - for standard input"),
	})
}

// maxRefusals is how many decisions that were not made are printed one by one.
const maxRefusals = 10

// writeImported says what became of the decisions of an export.
func writeImported(b *strings.Builder, answers []api.DecisionAnswer, _ bool) {
	refused := 0
	for i := range answers {
		if answers[i].Done() {
			continue
		}
		if refused++; refused <= maxRefusals {
			fmt.Fprintln(b, answerWords(&answers[i]))
		}
	}
	if refused > maxRefusals {
		fmt.Fprintf(b, "and %s more; --format json prints all\n", thousands(uint64(refused-maxRefusals)))
	}
	words := "hold"
	if len(answers) > 0 && answers[0].Outcome == decision.Recorded {
		words = "are recorded, and not done in monitor mode"
	}
	fmt.Fprintf(b, "%s of %s decisions %s\n", thousands(uint64(len(answers)-refused)), thousands(uint64(len(answers))), words)
}

// answerWords says what became of a request in one line.
func answerWords(r *api.DecisionAnswer) string {
	s := fmt.Sprintf("%s: %s", r.Target, r.Outcome)
	if d := r.Decision; d != nil {
		s += ": " + kindWord(d) + choose(d.Recorded, " ", " of ") + d.Target.String()
		if !d.Until.IsZero() {
			s += " until " + d.Until.Local().Format(time.DateTime)
		}
	}
	for _, more := range []string{r.Detail, r.Error} {
		if more != "" {
			s += ": " + printable.Line(more)
		}
	}
	return s
}
