package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
)

// outputs writes alerts: to files, syslog servers and standard output.
type outputs struct {
	idle
	d      *Daemon
	fanout *output.Fanout
}

// Name implements Part.
func (o *outputs) Name() string { return "outputs" }

// Open opens the outputs of the settings, or standard output where they have none. Files are opened without privileges:
// who made them must be able to open them again.
func (o *outputs) Open(context.Context) (err error) {
	opt := &o.d.opt
	specs := o.d.running.OutputSpecs()
	if len(specs) == 0 {
		stdout := output.NewStdout()
		stdout.Format = opt.Format
		specs = []output.Spec{{Name: "stdout", Config: stdout}}
	}
	o.fanout, err = output.New(specs, output.Options{Log: o.d.log, Stdout: opt.Stdout, Color: opt.Color})
	return err
}

// Close writes out what is queued.
func (o *outputs) Close(ctx context.Context) error { return o.fanout.Close(ctx) }

// Send implements taker.
func (o *outputs) Send(a *alert.Alert) { o.fanout.Send(a) }

// Reopen implements reopener.
func (o *outputs) Reopen() error {
	o.fanout.Reopen()
	return nil
}

func (o *outputs) status() []api.OutputStatus {
	out := []api.OutputStatus{}
	for _, s := range o.fanout.Stats() {
		x := api.OutputStatus{Kind: s.Kind, Name: s.Name, Target: s.Target, Written: s.Written, Lost: s.Dropped, Filtered: s.Filtered, Queued: s.Queued, Errors: s.Errors}
		if !s.DropTime.IsZero() {
			at := s.DropTime.UTC()
			x.LastLost = &at
		}
		if s.Failing {
			x.Error = s.LastError
		}
		out = append(out, x)
	}
	return out
}

// lossLasts is for how long alerts that an output lost are trouble.
const lossLasts = 10 * time.Minute

// Report implements reporter.
func (o *outputs) Report(_ context.Context, s *api.Status) {
	s.Outputs = o.status()
	outputTrouble(s)
}

func outputTrouble(s *api.Status) {
	for _, x := range s.Outputs {
		if x.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("output %s %q: %s", x.Kind, x.Name, x.Error))
		}
		if x.LastLost != nil && time.Since(*x.LastLost) < lossLasts {
			s.Trouble = append(s.Trouble, fmt.Sprintf("output %s %q lost alerts, %d so far, the last at %s: what it writes to is too slow for its queue",
				x.Kind, x.Name, x.Lost, x.LastLost.Local().Format(time.DateTime)))
		}
	}
}

// Metrics implements measured.
func (o *outputs) Metrics() []Metric {
	return []Metric{
		{"ruleids_output_written_total", "counter", []string{"kind", "name"}, "Alerts that an output wrote."},
		{"ruleids_output_lost_total", "counter", []string{"kind", "name"}, "Alerts that an output could not take."},
		{"ruleids_output_queued", "gauge", []string{"kind", "name"}, "Alerts queued for an output."},
	}
}

// Collect implements measured.
func (o *outputs) Collect(send func(name string, value float64, labels ...string)) {
	for _, x := range o.status() {
		send("ruleids_output_written_total", float64(x.Written), x.Kind, x.Name)
		send("ruleids_output_lost_total", float64(x.Lost), x.Kind, x.Name)
		send("ruleids_output_queued", float64(x.Queued), x.Kind, x.Name)
	}
}
