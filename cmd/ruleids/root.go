package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// An app is one run of the program: where it reads and writes, and the flags that every command has.
type app struct {
	in       io.Reader
	out, err io.Writer
	color    choice

	// Of a service: ready is called when the daemon works, and reload says to load rules again.
	ready  func()
	reload <-chan struct{}
}

// main runs the command that args name and returns the exit status.
func (a *app) main(ctx context.Context, args []string) int {
	root := a.command()
	root.SetArgs(args)
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		plainUsages(root)
	}
	cmd, err := root.ExecuteContextC(ctx)
	code, tell := statusOf(err)
	if tell {
		a.tell(err)
		if cmd != nil && isUsage(err) {
			fmt.Fprintf(a.err, "Run '%s --help' for usage.\n", cmd.CommandPath())
		}
	}
	return code
}

// command returns the tree of commands.
func (a *app) command() *cobra.Command {
	a.color = oneOf("auto", "always", "never")
	root := &cobra.Command{
		Use:   "ruleids",
		Short: "Find attacks in network traffic by rules",
		Long: `Ruleids runs network packets through detection rules and says which of them fire.

The rules that it ships with are always loaded, unless --no-stdlib is given; rules of your own are
HCL files that you name with --rules.

Exit status of every command: 0 clean, 1 findings or failed tests, 2 could not run.`,
		Example: `  ruleids run -r capture.pcap                   which attacks are in a capture?
  ruleids run -r capture.pcap --rules my.hcl    with rules of your own
  ruleids lint --strict rules/                  mistakes in rules, for people and for CI
  ruleids test rules/                           the tests beside the rules
  ruleids explain -r capture.pcap --rule NAME   why did my rule not fire?`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       currentBuild().Version,
	}
	grouped(a, root)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetVersionTemplate(currentBuild().String() + "\n")
	root.SetFlagErrorFunc(flagError)
	a.color.add(root, root.PersistentFlags(), "color", "colour the output; auto asks the terminal and NO_COLOR")
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"run", "Run:", []*cobra.Command{newRunCmd(a), newReportCmd(a), newDemoCmd(a), newReloadCmd(a), newPauseCmd(a), newResumeCmd(a), newFetchCmd(a), newConfigCmd(a), newServiceCmd(a), newTrayCmd(a)}},
		{"write", "Write rules:", []*cobra.Command{newInitCmd(a), newNewCmd(a), newLintCmd(a), newTestCmd(a), newFmtCmd(a), newPlanCmd(a), newExplainCmd(a), newDiffCmd(a), newTuneCmd(a), newImportCmd(a), newStdlibCmd(a), newLSPCmd(a), newModelCmd(a)}},
		{"words", "Look up what rules are written with:", vocabulary(a)},
		{"inspect", "Inspect the daemon:", []*cobra.Command{newStatusCmd(a), newDoctorCmd(a), newSelfTestCmd(a), newRulesCmd(a), newTopCmd(a), newAssetsCmd(a)}},
		{"respond", "Respond:", []*cobra.Command{newDecisionsCmd(a), newBlockCmd(a), newQuarantineCmd(a), newUnblockCmd(a), newFirewallCmd(a), newNotifyCmd(a)}},
		{"fleet", "Run a fleet:", []*cobra.Command{newServerCmd(a), newJoinCmd(a)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(newVersionCmd(a), newManCmd(a), newCompletionCmd(a))
	takeNothing(root)
	root.SetHelpCommand(newHelpCmd())
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}
