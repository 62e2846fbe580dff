package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/model"
)

func newStatusCmd(a *app) *cobra.Command {
	return question[*api.Status]{
		ask:      func(ctx context.Context, c *api.Client, _ []string) (*api.Status, error) { return c.Status(ctx) },
		findings: func(s *api.Status) bool { return !s.Healthy || len(s.Trouble) > 0 },
		write:    writeStatus,
	}.command(a, &cobra.Command{
		Use:   "status",
		Short: "Show the daemon's status",
		Long: `Status asks the daemon on its control socket what it watches, what it has counted and lost, which rules
run, and how the last reload went. Exit status: 0 all is well, 1 something is not as it should be
(packets are being lost, the rule files are broken, an interface is down, an output fails, alerts were lost in the
last ten minutes), 2 no daemon answers.`,
		Example: `  ruleids status
  ruleids status --format json | jq .capture.dropped`,
	})
}

// writeStatus writes a status as text for people.
func writeStatus(b *strings.Builder, s *api.Status, color bool) {
	mood := styleGreen.paint("running", color)
	if !s.Healthy {
		mood = styleRed.paint("not healthy", color)
	}
	fmt.Fprintf(b, "%s since %s (%s), version %s, pid %d, agent %q\n", mood, s.Started.Local().Format(time.DateTime), age(s.UptimeSeconds), s.Version, s.PID, s.Agent)
	for _, t := range s.Trouble {
		fmt.Fprintf(b, "%s %s\n", styleYellow.paint("warning:", color), printable.Line(t))
	}
	if s.Simulated != "" {
		fmt.Fprintf(b, "\nsimulates %s\n", s.Simulated)
	} else {
		b.WriteByte('\n')
		rows := [][]string{{"interface", "state", "received", "dropped", "stalls", "missed"}}
		for _, i := range s.Interfaces {
			rows = append(rows, []string{i.Name, choose(i.Up, "up", "down"), thousands(i.Received), thousands(i.Dropped), thousands(i.Stalls), thousands(i.Missed)})
		}
		writeTable(b, rows, headed(color))
	}
	p := &s.Packets
	fmt.Fprintf(b, "\npackets  %s (%s), about %.0f ns each; undecodable %s, late %s\n", thousands(p.Seen), byteSize(p.Bytes), p.NanosecondsEach,
		thousands(p.Unknown+p.Malformed), thousands(p.Late))
	if p.Refused > 0 {
		var why []string
		for _, name := range slices.Sorted(maps.Keys(p.RefusedFor)) {
			why = append(why, fmt.Sprintf("%s %s", thousands(p.RefusedFor[name]), name))
		}
		fmt.Fprintf(b, "         %s that no host accepts and no rule counted: %s\n", plural(p.Refused, "packet"), strings.Join(why, ", "))
	}
	fmt.Fprintf(b, "dropped  %s by the kernel for want of room in the ring, %s by card or kernel before it; %s in the last 10 s\n",
		thousands(s.Capture.Dropped), thousands(s.Capture.Missed), thousands(s.Capture.RecentlyDropped))
	fmt.Fprintf(b, "alerts   %s", thousands(s.Alerts.Raised))
	if parts := bySeverity(s.Alerts.BySeverity, color); len(parts) > 0 {
		fmt.Fprintf(b, ": %s", strings.Join(parts, ", "))
	}
	fmt.Fprintf(b, "; %s more in a cooldown, %s raised while packets were being lost\n", thousands(s.Alerts.Suppressed), thousands(s.Alerts.DuringLoss))
	if s.Alerts.CooldownsLost > 0 {
		fmt.Fprintf(b, "         %s ended before their time for want of room\n", plural(s.Alerts.CooldownsLost, "cooldown"))
	}
	if s.Alerts.ExpressionFailures > 0 {
		fmt.Fprintf(b, "         %s of an expression failed and had no value\n", plural(s.Alerts.ExpressionFailures, "evaluation"))
	}
	fmt.Fprintf(b, "state    %s, %s, %s evicted\n", plural(s.State.Keys, "key"), byteSize(s.State.Bytes), thousands(s.State.Evictions))
	r := &s.Rules
	fmt.Fprintf(b, "rules    %d loaded, %d disabled, digest %.12s, since %s; %s reloads, %s failed\n", r.Loaded, r.Disabled, r.Digest,
		r.Since.Local().Format(time.DateTime), thousands(r.Reloads), thousands(r.FailedReloads))
	for _, f := range r.Problems {
		fmt.Fprintf(b, "  %s %s\n", styleRed.paint(fmt.Sprintf("%s:%d:%d: error[%s]:", f.File, f.Line, f.Column, f.Code), color), strings.TrimSpace(f.Summary+". "+f.Detail))
	}
	var outputs [][]string
	for _, o := range s.Outputs {
		outputs = append(outputs, []string{o.Kind + " " + o.Name, o.Target, thousands(o.Written), thousands(o.Lost), thousands(uint64(o.Queued)), printable.Line(o.Error)})
	}
	section(b, color, []string{"output", "to", "written", "lost", "queued", "trouble"}, outputs)
	writeSources(b, s.Sources, color)
	writeModels(b, s.Models, color)
	if f := s.Fleet; f != nil {
		how := "connected"
		if !f.Connected {
			how = styleRed.paint("not connected", color)
		}
		fmt.Fprintf(b, "\nfleet    %s to %s as %q; %s waiting (%s), %s counted above the limit; %s for all kept out\n", how, f.Server, f.Name, plural(uint64(f.Queue.Alerts), "alert"), byteSize(uint64(f.Queue.Bytes)),
			thousands(f.Queue.Limit), plural(uint64(f.Shared.Held), "target"))
	}
	if e := s.Evidence; e != nil {
		fmt.Fprintf(b, "\nevidence %s in %s (%s), %s written, %s waiting; %s removed, %s without, %s not kept\n", plural(uint64(e.Files), "file"), printable.Word(e.Dir), byteSize(uint64(e.Bytes)),
			thousands(e.Written), thousands(uint64(e.Pending)), thousands(e.Removed), plural(e.Lost, "alert"), plural(e.Skipped, "packet"))
	}
	writeResponses(b, s, color)
	writeNotifiers(b, s, color)
}

// section writes a table behind an empty line; nothing where it has no rows.
func section(b *strings.Builder, color bool, heads []string, rows [][]string) {
	if len(rows) > 0 {
		b.WriteByte('\n')
		writeTable(b, append([][]string{heads}, rows...), headed(color))
	}
}

// writeSources writes how fetching of rule sets and lists goes.
func writeSources(b *strings.Builder, all []api.SourceStatus, color bool) {
	var rows [][]string
	for _, x := range all {
		name, has, seen := "list "+x.Name, thousands(uint64(x.Entries))+" entries", "never"
		if x.Name == "" {
			name, has = "rules", plural(uint64(x.Files), "file")
		}
		if x.Have {
			seen = age(x.AgeSeconds) + " ago"
		} else {
			has = "no copy"
		}
		if x.LeftOut > 0 {
			has += fmt.Sprintf(", %s left out", thousands(uint64(x.LeftOut)))
		}
		rows = append(rows, []string{name, printable.Line(x.From), has, seen, printable.Line(x.Error)})
	}
	section(b, color, []string{"fetched", "from", "has", "seen", "trouble"}, rows)
}

// writeResponses writes what became of actions, and who is asked about reputation.
func writeResponses(b *strings.Builder, s *api.Status, color bool) {
	if r := s.Responses; r != nil {
		held := fmt.Sprintf("%s: nothing is kept out, %s would be", r.Mode, thousands(uint64(r.Blocks+r.Quarantines+r.Recorded)))
		if r.Mode == decision.Enforce {
			held = fmt.Sprintf("%s: %s blocked, %s quarantined, %s recorded", styleYellow.paint(string(r.Mode), color), thousands(uint64(r.Blocks)),
				thousands(uint64(r.Quarantines)), thousands(uint64(r.Recorded)))
		}
		fmt.Fprintf(b, "\nresponses  %s; %s refused, %s in grace, %s expired\n", held, thousands(r.Outcomes[decision.Refused]), thousands(r.Outcomes[decision.Skipped]), thousands(r.Expired))
	}
	var reputation [][]string
	for _, r := range s.Reputation {
		reputation = append(reputation, []string{r.Source, string(r.State), thousands(uint64(r.Entries)), thousands(uint64(r.Queued)), thousands(r.Requests), thousands(r.Failures)})
	}
	section(b, color, []string{"reputation", "state", "known", "queued", "asked", "failed"}, reputation)
}

// writeNotifiers writes who is told, who gives commands, and what the honeypots do.
func writeNotifiers(b *strings.Builder, s *api.Status, color bool) {
	var notifiers [][]string
	for _, n := range s.Notifiers {
		notifiers = append(notifiers, []string{n.Kind + " " + n.Name, n.State, thousands(n.Sent), thousands(n.Delivered), thousands(n.Lost), thousands(n.Queued), thousands(n.Muted)})
	}
	section(b, color, []string{"notifier", "state", "messages", "alerts", "lost", "queued", "muted"}, notifiers)
	var bots [][]string
	for _, x := range s.Bots {
		bots = append(bots, []string{printable.Line(x.Username), strings.Join(x.Notifiers, ", "), string(x.State), thousands(x.Commands), thousands(x.Refused)})
	}
	section(b, color, []string{"bot", "of", "state", "commands", "refused"}, bots)
	var honeypots [][]string
	for _, h := range s.Honeypots {
		honeypots = append(honeypots, []string{h.Service + " " + h.Name, h.Address, thousands(uint64(h.Open)), thousands(h.Accepted), thousands(h.Refused), thousands(h.Events), thousands(h.Lost)})
	}
	section(b, color, []string{"honeypot", "at", "open", "served", "refused", "events", "lost"}, honeypots)
	var logs [][]string
	for _, l := range s.Logs {
		logs = append(logs, []string{l.Kind + " " + l.Name, printable.Word(l.Place), thousands(l.Lines), thousands(l.Refused), thousands(l.Lost)})
	}
	section(b, color, []string{"log", "at", "lines", "refused", "lost"}, logs)
	if len(logs) > 0 {
		fmt.Fprintf(b, "logins: %s succeeded, %s failed, %s\n", thousands(s.Logins["success"]), thousands(s.Logins["failure"]), plural(s.Logins["probe"], "probe"))
	}
}

// writeModels writes what models have learned, and how far those are that learn.
func writeModels(b *strings.Builder, models []api.ModelStatus, color bool) {
	var rows [][]string
	for _, m := range models {
		state := "baseline " + m.Baseline
		switch {
		case m.Learning:
			state = fmt.Sprintf("learning: %s of %s at least, %s of %s", thousands(uint64(m.Samples)), plural(uint64(m.Needs), "sample"), age(m.Learned), age(m.Learns))
		case m.Pinned:
			state += ", pinned"
		}
		rows = append(rows, []string{m.Name, state, thousands(uint64(m.Later)), thousands(uint64(m.Odd)), driftWords(&m), printable.Line(m.Error)})
	}
	section(b, color, []string{"model", "state", "learned since", "not, as odd", "drift", "trouble"}, rows)
}

// driftWords names the feature that has drifted most.
func driftWords(m *api.ModelStatus) string {
	f := m.MostDrift()
	switch {
	case f == nil:
		return ""
	case *f.Drift > model.Much:
		return fmt.Sprintf("much: %s %.2f", f.Name, *f.Drift)
	}
	return fmt.Sprintf("%s %.2f", f.Name, *f.Drift)
}
