package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/report/demo"
)

func newDemoCmd(a *app) *cobra.Command {
	output, keep := "demo.html", ""
	cmd := &cobra.Command{
		Use:   "demo [-o FILE] [--keep DIR]",
		Short: "Make a day of traffic and logins, and a page of what rules find in it",
		Long: `Demo makes up a day of a small network: its traffic, the log of its hosts with who logged in, and a table of
1,000 attempts at a web application. Scans, floods, guessed and sprayed passwords and a tunnel are in it.
It runs all of it through the rules and writes the page that report writes. The day is the same each
time. Nothing is sent to any network.`,
		Example: `  ruleids demo
  ruleids demo --keep demo && ruleids run -r demo/demo.pcap --auth demo/auth.log --auth demo/attempts.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := keep
			if dir == "" {
				var err error
				if dir, err = os.MkdirTemp("", "ruleids-demo-"); err != nil {
					return err
				}
				defer os.RemoveAll(dir)
			} else if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			r := &reportCommand{app: a, output: output, near: true, title: "A day in the demo network"}
			r.rules.bare = true
			for _, f := range []struct {
				name string
				make func(io.Writer) error
			}{{"demo.pcap", demo.Capture}, {"auth.log", demo.Log}, {"attempts.csv", demo.Table}} {
				if err := writeWhole(filepath.Join(dir, f.name), f.make); err != nil {
					return err
				}
			}
			r.auth.names = []string{filepath.Join(dir, "auth.log"), filepath.Join(dir, "attempts.csv")}
			if err := r.run(cmd.Context(), []string{filepath.Join(dir, "demo.pcap")}, time.UTC); err != nil {
				return err
			}
			if output != "-" {
				fmt.Fprintf(a.out, "wrote %s; open it in a browser\n", output)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "`FILE` to write; - is standard output")
	cmd.Flags().StringVar(&keep, "keep", "", "keep the capture and the logs in `DIR`")
	_ = cmd.MarkFlagFilename("output", "html")
	_ = cmd.MarkFlagDirname("keep")
	return cmd
}
