package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

func newManCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of every verb to a folder",
		Long: `Man writes one page of section 1 for each verb to DIR, which is made if it does not exist.
Install them with

    ruleids man /usr/local/share/man/man1`,
		Args: exactly(1, "the folder to write to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			header := &doc.GenManHeader{Section: "1", Source: "ruleids " + currentBuild().Version, Manual: "ruleids"}
			if os.Getenv("SOURCE_DATE_EPOCH") == "" {
				// The same binary writes the same pages on every day.
				date := currentBuild().date()
				if date.IsZero() {
					date = time.Unix(0, 0).UTC()
				}
				header.Date = &date
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			nameWords(root)
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("cannot write the manual pages: %w", err)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}

// nameWords adds to the help of each choice the words that it takes, which --help shows by itself
// and a manual page does not.
func nameWords(cmd *cobra.Command) {
	name := func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			f.Usage += " (" + strings.Join(c.words, ", ") + ")"
		}
	}
	cmd.PersistentFlags().VisitAll(name)
	cmd.Flags().VisitAll(name)
	for _, sub := range cmd.Commands() {
		nameWords(sub)
	}
}
