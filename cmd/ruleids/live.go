package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/event/honeypot"
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
		given["capture.workers"] = config.Given{Flag: "--workers", Values: []string{fmt.Sprint(r.workers)}}
	}
	set, err := r.rules.values()
	if err != nil {
		return agent.Input{}, err
	}
	return agent.Input{
		Settings: config.Options{File: file, Environ: os.Environ(), Flags: given},
		Set:      set, Stdlib: embeddedBeside, LintCodes: lint.IgnoreCodes(),
	}, nil
}

// run runs the daemon until ctx is done or a simulated capture ends.
func (s *daemonCommand) run(ctx context.Context, r *runCommand, in agent.Input, loaded *agent.Loaded) (err error) {
	c := loaded.Config
	level := new(slog.LevelVar)
	level.Set(agent.LogLevel(c.Log.Level))
	log := agent.NewLog(s.app.err, c.Log.Format, level, os.Getenv("JOURNAL_STREAM") != "")
	agent.TakeStandardLog(log)
	opt := agent.Options{Input: in, Loaded: loaded, Simulated: s.simulate, Version: currentBuild().Version, Log: log, Level: level}
	var account *agent.Account
	if c.User != "" {
		if account, err = agent.LookupAccount(c.User); err != nil {
			return err
		}
	}
	var opened []closer
	defer func() {
		if err != nil {
			closeAll(opened)
		}
	}()
	if s.simulate != "" {
		opt.Source, err = agent.Simulate(s.simulate, s.speed)
	} else {
		opt.Source, err = openInterfaces(c, loaded)
	}
	if err != nil {
		return err
	}
	opened = append(opened, opt.Source)
	if c.Control.Socket != "" {
		if opt.Control, err = agent.ListenControl(c.Control.Socket, account); err != nil {
			return err
		}
		opened = append(opened, opt.Control)
	}
	if c.Metrics.Listen != "" {
		if opt.Metrics, err = net.Listen("tcp", c.Metrics.Listen); err != nil {
			return fmt.Errorf("metrics: %w; give another address with metrics { listen = … }", err)
		}
		opened = append(opened, opt.Metrics)
	}
	var traps *honeypot.Set
	var sshPorts []uint16
	if s.simulate == "" {
		if sshPorts, err = prepareResponses(c, account, log); err != nil {
			return err
		}
		// Before privileges are gone: those of SSH and Telnet are ports that need them.
		traps, err = honeypot.Listen(c.HoneypotSpecs())
		if err != nil {
			return err
		}
		opened = append(opened, closeFunc(func() error { return traps.Close(ctx) }))
		if len(c.Honeypots) > 0 {
			opt.Honeypots = traps
		}
	} else if len(c.Honeypots) > 0 {
		log.Info("a simulation opens no honeypots")
	}
	if s.simulate == "" || account != nil {
		// Files of outputs come after that: who made them must be able to open them again.
		if err := agent.DropPrivileges(account); err != nil {
			return err
		}
	}
	if traps != nil {
		if err := traps.Prepare(); err != nil {
			return err
		}
	}
	answering, err := openResponses(ctx, c, &opt, sshPorts, log)
	opened = append(opened, answering...)
	if err != nil {
		return err
	}
	fanout, err := output.New(specs(c, r.format.value), output.Options{Log: log, Stdout: s.app.out, Color: s.app.wantsColor(s.app.out)})
	if err != nil {
		return err
	}
	opened = append(opened, closeFunc(func() error { return fanout.Close(ctx) }))
	opt.Outputs, opt.OutputStats = fanout, fanout.Stats
	d, err := agent.New(opt)
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
			case <-ctx.Done():
				return
			}
		}
	}()
	opened = nil
	return d.Run(ctx)
}

// specs returns the outputs of the settings, or standard output where they have none.
func specs(c *config.Config, format string) []output.Spec {
	if len(c.Outputs) > 0 {
		return c.OutputSpecs()
	}
	out := output.NewStdout()
	out.Format = format
	return []output.Spec{{Name: "stdout", Config: out}}
}

// openInterfaces opens the rings.
func openInterfaces(c *config.Config, loaded *agent.Loaded) (agent.Source, error) {
	filter, err := agent.Filter(c.Capture.Ignore, loaded.Plan)
	if err != nil {
		return nil, err
	}
	return afpacket.Open(afpacket.Config{
		Interfaces: c.Capture.Interfaces, Rings: agent.Workers(c), RingBytes: int(c.Capture.Ring), SnapLength: c.Capture.Snaplen,
		Promiscuous: c.Capture.Promiscuous, Filter: filter,
	})
}
