package main

import (
	"context"

	"github.com/spf13/cobra"
)

// replayArgs are the captures of -r and the logs of --auth, of commands that read one or the other.
type replayArgs struct {
	captures captureArgs
	auth     authArgs
}

// add declares -r and --auth on cmd, which refuses to run without either and hands the captures to run.
func (r *replayArgs) add(cmd *cobra.Command, run func(ctx context.Context, captures []string) error) {
	r.captures.add(cmd)
	r.auth.add(cmd)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(r.captures.names)+len(r.auth.names) == 0 {
			return misused("name a capture with -r FILE, or a log of logins with --auth FILE")
		}
		return r.auth.plain(args, len(r.captures.names) > 0)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		files, err := r.files(args)
		if err != nil {
			return err
		}
		return run(cmd.Context(), files)
	}
}

// files returns the captures in the order of the command line.
func (r *replayArgs) files(args []string) ([]string, error) {
	files, err := r.captures.files(args)
	if err == nil {
		err = r.auth.check(files)
	}
	return files, err
}
