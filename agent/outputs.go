package agent

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// outputs writes alerts: to files, syslog servers and standard output.
type outputs struct {
	idle
	d      *Daemon
	fanout *output.Fanout
}

// Open opens the outputs of the settings, or standard output where they have none. Files are opened without privileges:
// who made them must be able to open them again.
func (o *outputs) Open(context.Context) (err error) {
	opt := &o.d.opt
	specs := o.d.running.OutputSpecs()
	if len(specs) == 0 {
		stdout := setting.New[output.StdoutConfig]()
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

// Report implements reporter.
func (o *outputs) Report(_ context.Context, s *api.Status) {
	s.Outputs = o.fanout.Status()
	for _, x := range s.Outputs {
		name := fmt.Sprintf("output %s %q", x.Kind, x.Name)
		fails(s, name, x.Error)
		loses(s, name, "alerts", x.Lost, x.LastLost, "what it writes to is too slow for its queue")
	}
}

// Metrics implements measured.
func (o *outputs) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	return each(t, func() []output.Status { return o.fanout.Status() }, []string{"kind", "name"}, func(x output.Status) []string { return []string{x.Kind, x.Name} },
		measure[output.Status]{"ruleids_output_written_total", "Alerts that an output wrote.", func(x output.Status) float64 { return float64(x.Written) }},
		measure[output.Status]{"ruleids_output_lost_total", "Alerts that an output could not take.", func(x output.Status) float64 { return float64(x.Lost) }},
		measure[output.Status]{"ruleids_output_queued", "Alerts queued for an output.", func(x output.Status) float64 { return float64(x.Queued) }},
	)
}
