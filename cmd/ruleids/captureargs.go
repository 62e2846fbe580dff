package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// captureArgs is the value of -r. Captures may be named by -r and, after it, as plain arguments;
// they are read in the order of the command line, so each -r remembers how many arguments were
// before it.
type captureArgs struct {
	flags *pflag.FlagSet
	names []string
	after []int // of names[i]: the number of plain arguments before it
}

func (c *captureArgs) String() string { return "" }
func (c *captureArgs) Type() string   { return "FILE" }

func (c *captureArgs) Set(name string) error {
	if name == "" {
		return fmt.Errorf("the name of a capture is missing")
	}
	c.names = append(c.names, name)
	c.after = append(c.after, c.flags.NArg())
	return nil
}

// files returns the captures in the order of the command line, args being its plain arguments.
func (c *captureArgs) files(args []string) ([]string, error) {
	if err := noRuleFiles(args); err != nil {
		return nil, err
	}
	out := slices.Clone(args)
	for i, name := range slices.Backward(c.names) {
		out = slices.Insert(out, c.after[i], name)
	}
	return out, nil
}

// noRuleFiles returns an error where a rule file stands among plain arguments: a shell makes several arguments of
// --rules dir/*.hcl, of which the flag takes the first.
func noRuleFiles(args []string) error {
	for _, a := range args {
		if filepath.Ext(a) == ".hcl" {
			return usageError{fmt.Errorf("%s is a rule file, and a capture or an interface is expected here: repeat --rules for each file, or name their directory", a)}
		}
	}
	return nil
}

// captureExtensions is what completion offers.
var captureExtensions = []string{"pcap", "pcapng", "cap", "gz"}

// add declares -r on cmd.
func (c *captureArgs) add(cmd *cobra.Command) {
	c.flags = cmd.Flags()
	cmd.Flags().VarP(c, "read", "r", "capture to read: pcap or pcapng, plain or in gzip; - is standard input (repeatable)")
	_ = cmd.MarkFlagFilename("read", captureExtensions...)
	cmd.ValidArgsFunction = cobra.FixedCompletions(slices.Clone(captureExtensions), cobra.ShellCompDirectiveFilterFileExt)
}
