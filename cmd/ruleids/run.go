package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// replaySeed fixes the hashes of keys, so that a replay repeats itself to the last key that full tables
// evict. There is nothing to gain by colliding addresses for a capture that is read once.
const replaySeed = 0x72756c65696473

func newRunCmd(a *app) *cobra.Command {
	r := &runCommand{app: a, format: oneOf("text", "json"), summary: oneOf("auto", "always", "never"), daemon: daemonCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "run {-r FILE... | --auth FILE... | -i IFACE... | --simulate FILE}",
		Short: "Run captures or live traffic through the rules and print the alerts",
		Long: `Run -r replays captures, in the order in which they are named, through one engine: the rules see one
stream of packets. Alerts go to standard output as they fire. On a terminal a progress bar and at
the end a summary go to standard error; into a pipe run is quiet but for what goes wrong.

A capture that is cut short or corrupt gives its alerts up to the fault. The fault is then named with
file and byte, the captures after it are read, and the exit status is 2. Alerts are what run is for:
they do not change the exit status.

With --auth it reads logs of logins, alone or besides captures: each login is an event for rules with
on = "auth", at the time that the log has. Packets and logins come in the order of their times.
docs/logins.md says which logs it can read.

--evidence DIR keeps the packets of the key of each alert, from before and after it, in a pcapng file
that the alert names; how many is in the block evidence of the settings and of rules.

Run -i is the daemon: it watches interfaces until it gets SIGTERM or SIGINT, loads rules again when
their files change or on SIGHUP, and answers the commands status, reload, rules and top on its control
socket. Its settings come from flags, from environment variables, and from ruleids.hcl, in this order;
ruleids config show lists them. Alerts go to the outputs of the settings, and without any to standard
output. --simulate does all of that with the packets of a capture. docs/operations.md says more.`,
		Example: `  ruleids run -r capture.pcap
  ruleids run -r monday.pcapng.gz tuesday.pcapng.gz --rules my-rules/
  tcpdump -i eth0 -w - | ruleids run -r - --format json | jq .ruleids.rule
  ruleids run -r capture.pcap --set port_scan_ports=30 --summary always
  ruleids run -r capture.pcap --evidence evidence/ --filter
  ruleids run --auth /var/log/auth.log -r capture.pcap
  journalctl -o json | ruleids run --auth -
  sudo ruleids run -i eth0 --rules my-rules/
  ruleids run --simulate capture.pcap --speed 10 --socket /tmp/ruleids.sock`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("read") || cmd.Flags().Changed("auth") {
				if err := r.auth.plain(args, cmd.Flags().Changed("read")); err != nil {
					return err
				}
				files, err := r.files(args)
				if err != nil {
					return err
				}
				return r.run(cmd.Context(), files)
			}
			return r.watch(cmd.Context(), args)
		},
	}
	r.captures.add(cmd)
	r.auth.add(cmd)
	r.rules.add(cmd)
	r.models.add(cmd)
	r.format.add(cmd, cmd.Flags(), "format", "form of the alerts; json is one object a line with Suricata's EVE keys")
	r.summary.add(cmd, cmd.Flags(), "summary", "write a summary to standard error; auto where that is a terminal")
	cmd.Flags().Var(&r.workers, "workers", "`N` goroutines share the work; auto, which is 0 too, is one for each CPU (of a daemon the settings say)")
	cmd.Flags().BoolVar(&r.filter, "filter", false, "with -r: add to each alert the display filter by which Wireshark shows its packets")
	cmd.Flags().BoolVar(&r.assets, "assets", false, "with -r: learn hosts and services, and say in alerts whose hosts they are about (a daemon does so unless its settings say otherwise)")
	r.daemon.add(cmd)
	r.flags = cmd.Flags()
	// Flags that mean nothing beside each other are a mistake, not to be passed over.
	live := []string{"simulate", "speed"}
	for _, row := range flagSettings {
		if row.setting != "capture.checksums" && row.setting != evidenceDir && !ofServer(row.setting) { // which captures have too
			live = append(live, row.flag)
		}
	}
	exclusive(cmd, "read", live...)
	exclusive(cmd, "auth", live...)
	exclusive(cmd, "interface", "simulate")
	return cmd
}

// A runCommand is the command run.
type runCommand struct {
	app *app
	replayArgs
	rules   ruleFlags
	models  baselineFlags
	format  choice
	summary choice
	workers workerCount
	filter  bool
	assets  bool
	daemon  daemonCommand
	flags   *pflag.FlagSet
}

// watch runs the daemon, on the interfaces that flags, arguments or settings name or on a simulated capture.
func (r *runCommand) watch(ctx context.Context, interfaces []string) error {
	if err := noRuleFiles(interfaces); err != nil {
		return err
	}
	if len(interfaces) > 0 && r.daemon.simulate == "" && !r.flags.Changed("interface") {
		if exists(interfaces[0]) == nil {
			return misused("name a capture with -r FILE, or an interface with -i IFACE; did you mean run -r %s?", strings.Join(interfaces, " "))
		}
		return errNothingToRead
	}
	in, err := r.daemon.input(r, interfaces)
	if err != nil {
		return err
	}
	if !(r.daemon.speed >= 0 && r.daemon.speed <= fastest) {
		return misused("--speed must be from 0 to %d, not %v", fastest, r.daemon.speed)
	}
	if r.daemon.simulate != "" && len(interfaces) > 0 {
		return misused("unexpected argument %q", interfaces[0])
	}
	if r.daemon.simulate == "" && len(in.Settings.Flags["capture.interfaces"].Values) == 0 {
		// Before anything is said about rules: it is not clear yet that there is to be a daemon.
		if c, _ := config.Load(in.Settings); len(c.Capture.Interfaces) == 0 {
			return errNothingToRead
		}
	}
	loaded := in.Load()
	if loaded.Plan == nil {
		return r.app.refuse(loaded.Diags, loaded.Sources)
	}
	return r.daemon.run(ctx, r, in, loaded)
}

// fastest is the greatest --speed: a day of traffic in a tenth of a second.
const fastest = 1_000_000

// errNothingToRead is for a command line that names nothing to read packets from.
var errNothingToRead = usageError{errors.New("name a capture with -r FILE, or an interface with -i IFACE")}

// workersGiven reports whether the user said how many workers there are to be.
func (r *runCommand) workersGiven() bool { return r.flags.Changed("workers") }

func (r *runCommand) run(ctx context.Context, files []string) error {
	checksums := engine.ChecksumsAuto
	if g, ok := r.daemon.settings.given()["capture.checksums"]; ok {
		if checksums, ok = engine.ChecksumsByName(g.Values[0]); !ok {
			return misused("--checksums must be auto, on or off, not %q", g.Values[0])
		}
	}
	set, plan, err := r.rules.compiled(r.app)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	start := time.Now()
	progress := newProgress(r.app.err, start)
	alerts := newAlertWriter(r.app, r.format.value, progress)
	tally := newTally()
	learned, err := r.models.load(r.app, plan.Models())
	if err != nil {
		return err
	}
	kept, err := r.evidence(set)
	if err != nil {
		return err
	}
	config := engine.Config{Models: learned, Workers: r.workers.number(), Seed: replaySeed, Checksums: checksums}
	if r.assets {
		config.Assets, config.Vendors = assets.New(assets.Limits{}), assets.FindVendors()
	}
	if kept != nil {
		config.Emitted = kept.Emitted
	}
	e := engine.New(plan, config)
	emit := func(al *alert.Alert) {
		if kept != nil {
			kept.Alert(al)
		}
		if r.filter {
			al.Filter = al.DisplayFilter()
		}
		tally.add(al)
		alerts.add(al)
	}
	p := replay{
		app:      r.app,
		progress: progress,
		process: func(frames []packet.Frame) {
			if kept != nil {
				kept.Add(frames, 0)
			}
			e.Process(frames, emit)
		},
		alerts: func() uint64 { return tally.alerts },
		flush:  alerts.flush,
	}
	logins := p.logins(ctx, r.auth.names, time.Local, set.Patterns())
	if logins == nil && totalSize(files) > 0 {
		direct := directReplay{replay: p, engine: e, emit: emit, evidence: kept}
		err = direct.run(ctx, files)
	} else {
		err = p.runWith(ctx, files, logins, func(ev *packet.Packet) { e.Post(ev, emit) })
	}
	if kept != nil {
		if kerr := kept.Close(context.WithoutCancel(ctx)); err == nil && kerr != nil {
			p.tell(kerr)
			err = status(statusFault)
		}
	}
	elapsed := time.Since(start)
	s := summary{files: len(files), logins: logins, stats: e.Stats(), elapsed: elapsed, tally: tally, interrupted: ctx.Err() != nil}
	for _, w := range s.warnings() {
		r.app.warn("%s", w)
	}
	if r.summary.value == "always" || r.summary.value == "auto" && terminal(r.app.err) != nil {
		if alerts.written && terminal(r.app.out) != nil && terminal(r.app.err) != nil {
			fmt.Fprintln(r.app.err)
		}
		if werr := s.write(r.app.folded(r.app.err), r.app.wantsColor(r.app.err)); err == nil {
			err = werr
		}
	}
	return err
}
