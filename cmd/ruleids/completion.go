package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shells are those that there is a completion script for, with how it is installed.
var shells = []struct{ name, install string }{
	{"bash", `The script needs the package bash-completion. For all accounts, from their next login on:

    ruleids completion bash | sudo tee /etc/bash_completion.d/ruleids > /dev/null`},
	{"zsh", `For one account, from the next shell on; a line "autoload -U compinit; compinit" must be in ~/.zshrc:

    ruleids completion zsh > "${fpath[1]}/_ruleids"`},
	{"fish", `For one account, from the next shell on:

    ruleids completion fish > ~/.config/fish/completions/ruleids.fish`},
	{"powershell", `For the current session; a line of the profile for every one:

    ruleids completion powershell | Out-String | Invoke-Expression`},
}

// newCompletionCmd is the command completion.
func newCompletionCmd(a *app) *cobra.Command {
	var names []string
	var commands []*cobra.Command
	for _, s := range shells {
		names = append(names, s.name)
		commands = append(commands, &cobra.Command{
			Use:     s.name,
			Short:   "Print the completion script for " + s.name,
			Long:    "Print the script with which " + s.name + " completes commands, flags and their values.\n\n" + s.install,
			Example: "  ruleids completion " + s.name,
			RunE: func(cmd *cobra.Command, _ []string) error {
				root := cmd.Root()
				switch s.name {
				case "bash":
					return root.GenBashCompletionV2(a.out, true)
				case "zsh":
					return root.GenZshCompletion(a.out)
				case "fish":
					return root.GenFishCompletion(a.out, true)
				}
				return root.GenPowerShellCompletionWithDesc(a.out)
			},
		})
	}
	cmd := grouped(a, &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long:  "Print the script with which a shell completes commands, flags and their values: " + orWords(names) + ".",
	}, commands...)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return misused("there is no completion for %s; the shells are %s", args[0], strings.Join(names, ", "))
		}
		return misused("name a shell: %s", strings.Join(names, ", "))
	}
	return cmd
}

// plainUsages takes the marks of placeholders out of the texts of all flags: completion shows the texts as they are.
func plainUsages(cmd *cobra.Command) {
	plain := func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") }
	cmd.PersistentFlags().VisitAll(plain)
	cmd.Flags().VisitAll(plain)
	for _, c := range cmd.Commands() {
		plainUsages(c)
	}
}
