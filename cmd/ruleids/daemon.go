package main

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/rules/lint"
)

// A daemonCommand is what run does on interfaces, or on a capture as if it came from one.
type daemonCommand struct {
	app      *app
	settings settingFlags
	simulate string
	speed    float64
}

// add declares the flags.
func (s *daemonCommand) add(cmd *cobra.Command) {
	s.settings.add(cmd)
	cmd.Flags().StringVar(&s.simulate, "simulate", "", "take the packets of a capture `FILE` as if they came from an interface, at their own pace")
	_ = cmd.MarkFlagFilename("simulate", captureExtensions...)
	cmd.Flags().Float64Var(&s.speed, "speed", 1, "with --simulate: `N` times the pace of the capture; 0 is as fast as it can be read")
}

// input returns what settings and rules are read from.
func (s *daemonCommand) input(r *runCommand, interfaces []string) (agent.Input, error) {
	file, err := settingsFile(r.rules.config)
	if err != nil {
		return agent.Input{}, err
	}
	given := s.settings.given()
	if len(interfaces) > 0 {
		g := given["capture.interfaces"]
		given["capture.interfaces"] = config.Given{Flag: "--interface", Values: append(g.Values, interfaces...)}
	}
	r.rules.given(given)
	if r.workersGiven() {
		given["capture.workers"] = config.Given{Flag: "--workers", Values: []string{strconv.Itoa(int(r.workers))}}
	}
	set, err := r.rules.values()
	if err != nil {
		return agent.Input{}, err
	}
	return agent.Input{
		Settings: config.Options{File: file, Environ: os.Environ(), Flags: given},
		Set:      set, Stdlib: embeddedBeside, LintCodes: lint.IgnoreCodes(), Host: s.simulate == "",
	}, nil
}

// run runs the daemon until ctx is done or a simulated capture ends.
func (s *daemonCommand) run(ctx context.Context, r *runCommand, in agent.Input, loaded *agent.Loaded) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	d, err := agent.Open(ctx, agent.Options{
		Input: in, Loaded: loaded, Simulate: s.simulate, Speed: s.speed, Version: currentBuild().Version,
		Log: s.app.err, Stdout: s.app.out, Format: r.format.value, Color: s.app.wantsColor(s.app.out), Ready: s.app.ready,
	})
	if err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-hup:
				_, _ = d.Reload(ctx, "SIGHUP") // the log tells how it went
			case <-s.app.reload:
				_, _ = d.Reload(ctx, "service manager")
			case <-ctx.Done():
				return
			}
		}
	}()
	return d.Run(ctx)
}
