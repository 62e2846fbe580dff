package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ruleids/ruleids/agent/api"
)

func newTopCmd(a *app) *cobra.Command {
	t := &topView{app: a, format: oneOf("text", "json"), every: time.Second}
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch packets, drops, alerts and the busiest keys of the running daemon",
		Long: `Top shows, once a second, the packets and bytes that come, what is lost, the alerts of each rule, and
the keys with most packets. Their packets are estimated from samples: ~344 ±690 is a number that is
between 0 and 1,034 in 19 cases of 20, and one without ~ is exact. On a terminal it redraws the screen
until q or Ctrl-C; elsewhere, and with --once, it prints once and ends.`,
		Example: `  ruleids top
  ruleids top --once --format json | jq .hottest`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.every < 100*time.Millisecond {
				return misused("--every must be 100ms or more, not %v", t.every)
			}
			c, err := t.control.client(a)
			if err != nil {
				return err
			}
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return t.run(ctx, c)
		},
	}
	t.control.add(cmd)
	t.format.add(cmd, cmd.Flags(), "format", "form of the output; json prints once")
	cmd.Flags().BoolVar(&t.once, "once", false, "print once and end")
	cmd.Flags().DurationVar(&t.every, "every", t.every, "time between two looks")
	return cmd
}

// A topView is the command top.
type topView struct {
	app     *app
	control controlFlags
	format  choice
	once    bool
	every   time.Duration
}

// The escape sequences of ECMA-48 and xterm that a screen of its own needs.
const (
	screenOn   = "\x1b[?1049h\x1b[?25l"
	screenOff  = "\x1b[?25h\x1b[?1049l"
	screenHome = "\x1b[H"
	eraseLine  = "\x1b[K"
	eraseBelow = "\x1b[J"
)

func (t *topView) run(ctx context.Context, c *api.Client) error {
	first, err := c.Top(ctx)
	if err != nil {
		return err
	}
	if t.format.value == "json" {
		return writeJSON(t.app.out, first)
	}
	screen := terminal(t.app.out)
	live := screen != nil && !t.once
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if live {
		defer t.keys(cancel)()
		fmt.Fprint(t.app.out, screenOn)
		defer fmt.Fprint(t.app.out, screenOff)
	}
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for before := first; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := c.Top(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if !live {
			_, err := io.WriteString(t.app.folded(t.app.out), topText(before, now, 0, 0, t.app.wantsColor(t.app.out)))
			return err
		}
		width, height, err := term.GetSize(int(screen.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			width, height = 80, 24
		}
		text := topText(before, now, width, height, t.app.wantsColor(t.app.out))
		// Each line is erased behind what is written, and nothing before: the screen does not flicker.
		text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", eraseLine+"\r\n")
		if _, err := io.WriteString(t.app.out, screenHome+text+eraseLine+eraseBelow); err != nil {
			return err
		}
		before = now
	}
}

// keys makes the keys q and Ctrl-C end the view, where standard input is a terminal, and returns what puts that
// back as it was.
func (t *topView) keys(quit func()) (restore func()) {
	in := terminal(t.app.in)
	if in == nil {
		return func() {}
	}
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return func() {}
	}
	go func() {
		key := make([]byte, 1)
		for {
			n, err := in.Read(key)
			if err != nil {
				return
			}
			if n == 1 && (key[0] == 'q' || key[0] == 3) {
				quit()
				return
			}
		}
	}()
	return func() { _ = term.Restore(int(in.Fd()), old) }
}

// estimate writes a number with how far it may be off.
func estimate(v, off float64) string {
	n := thousands(uint64(v + 0.5))
	if off < 0.5 {
		return n
	}
	return "~" + n + " ±" + thousands(uint64(off+0.5))
}

// topText writes what happened between two looks; lines are cut to width and their number to height, where these
// are not 0.
func topText(before, now *api.Top, width, height int, color bool) string {
	span := now.Time.Sub(before.Time)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s packets/s  %sbit/s  %s dropped/s  %s alerts/s\n", now.Time.Local().Format(time.TimeOnly), perSecond(now.Packets-before.Packets, span),
		strings.TrimSuffix(byteSize(uint64(float64(now.Bytes-before.Bytes)*8/max(span.Seconds(), 1e-9))), "B"), perSecond(now.Dropped-before.Dropped, span), perSecond(now.Alerts-before.Alerts, span))
	fmt.Fprintf(&b, "since the start: %s, %s dropped, %s; %s with state\n\n", plural(now.Packets, "packet"), thousands(now.Dropped), plural(now.Alerts, "alert"), plural(now.Keys, "key"))
	rows := [][]string{{"alerts", "matched", "rule"}}
	for _, r := range now.Rules[:min(len(now.Rules), 8)] {
		rows = append(rows, []string{thousands(r.Alerts), thousands(r.Matched), r.Rule})
	}
	writeTable(&b, rows, headed(color && width == 0))
	b.WriteByte('\n')
	rows = [][]string{{"packets", "rule", "hottest keys"}}
	for _, h := range now.Hottest {
		rows = append(rows, []string{estimate(h.Packets, h.Error), h.Rule, keyWords(h.Key)})
	}
	writeTable(&b, rows, headed(color && width == 0))
	if width == 0 {
		return b.String()
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	lines = lines[:min(len(lines), height)]
	for i, l := range lines {
		if r := []rune(l); len(r) > width {
			lines[i] = string(r[:width])
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
