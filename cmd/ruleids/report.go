package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/report"
)

func newReportCmd(a *app) *cobra.Command {
	r := &reportCommand{app: a, output: "report.html", near: true}
	cmd := &cobra.Command{
		Use:   "report {-r FILE... | --auth FILE...} [-o FILE]",
		Short: "Write a page of what captures and logs hold",
		Long: `Report runs captures and logs of logins through the rules, as run does, and writes one HTML file of what
they found: alerts over time, by rule and by source, rules that came close to firing, and logins. The
file needs nothing else and no network: open it in a browser, print it, mail it.`,
		Example: `  ruleids report -r monday.pcapng -o monday.html
  ruleids report -r capture.pcap --auth /var/log/auth.log --title "Office, Monday"`,
	}
	r.replayArgs.add(cmd, func(ctx context.Context, captures []string) error { return r.run(ctx, captures, time.Local) })
	r.rules.add(cmd)
	cmd.Flags().StringVarP(&r.output, "output", "o", r.output, "`FILE` to write; - is standard output")
	cmd.Flags().StringVar(&r.title, "title", "", "`TEXT` above the page (default what was read)")
	cmd.Flags().BoolVar(&r.near, "near", r.near, "show the rules that came close to firing, which takes as long again")
	_ = cmd.MarkFlagFilename("output", "html")
	return cmd
}

// A reportCommand is the command report.
type reportCommand struct {
	app *app
	replayArgs
	rules  ruleFlags
	output string
	title  string
	near   bool
}

// run reads captures and logs, those without a zone as of one, and writes the page. What cannot be read is told and left out.
func (r *reportCommand) run(ctx context.Context, files []string, zone *time.Location) error {
	set, plan, err := r.rules.compiled(r.app)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	hosts, vendors := assets.New(assets.Limits{}), assets.FindVendors()
	e := engine.New(plan, engine.Config{Seed: replaySeed, Assets: hosts, Vendors: vendors})
	var x *engine.Explainer
	if r.near {
		if x, _ = engine.NewExplainer(set, nil); x == nil {
			r.near = false
		}
	}
	c := report.NewCollector()
	emit := func(al *alert.Alert) { c.Alert(al) }
	alerts := uint64(0)
	p := replay{
		app: r.app, progress: newProgress(r.app.err, time.Now()), alerts: func() uint64 { return alerts },
		process: func(frames []packet.Frame) {
			if len(frames) == 0 {
				return
			}
			c.See(frames[0].Time)
			c.See(frames[len(frames)-1].Time)
			if x != nil {
				x.Process(frames)
			}
			e.Process(frames, emit)
			alerts = e.Stats().Alerts
		},
	}
	logins := p.logins(ctx, r.auth.names, zone, set.Patterns())
	if logins != nil {
		logins.seen = c.Login
	}
	result := p.runWith(ctx, files, logins, func(ev *packet.Packet) {
		if x != nil {
			again := *ev
			x.Post(&again)
		}
		e.Post(ev, emit)
	})
	in := report.Input{Title: r.title, Version: currentBuild().Version, Made: time.Now(), Stats: e.Stats(), Hosts: hosts.Hosts(vendors)}
	for _, name := range append(append([]string{}, files...), r.auth.names...) {
		if name == "-" {
			name = "standard input"
		}
		in.Files = append(in.Files, filepath.Base(name))
	}
	if in.Title == "" {
		if in.Title = in.Files[0]; len(in.Files) > 1 {
			in.Title = fmt.Sprintf("%s and %d more", in.Files[0], len(in.Files)-1)
		}
	}
	if x != nil {
		for _, ex := range x.Explanations() {
			if ex.Enabled {
				in.Near = append(in.Near, ex)
			}
		}
	}
	if err := r.write(c, &in); err != nil {
		return err
	}
	return result
}

// write writes the page: a file as a whole or not at all.
func (r *reportCommand) write(c *report.Collector, in *report.Input) error {
	if r.output == "-" {
		return c.Write(r.app.out, in)
	}
	return writeWhole(r.output, func(w io.Writer) error { return c.Write(w, in) })
}

// writeWhole writes a file in place of what has its name, as a whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return files.Write(path, b.Bytes(), 0o644)
}
