package main

import (
	"context"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/rules"
)

// completeWithin bounds how long a completion waits for the daemon.
const completeWithin = time.Second

// completeWords offers fixed words, and never files.
func completeWords(words []string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// noFiles has the completion of flags of a command offer nothing.
func noFiles(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions) // the only error is a flag that does not exist
	}
}

// completeInterfaces offers the network interfaces of this host.
func completeInterfaces(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	all, _ := net.Interfaces() // where they cannot be read there is nothing to offer
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// load reads the rules that the flags name, for completion: mistakes in them are for other commands to tell.
func (f *ruleFlags) load() *rules.RuleSet {
	opt, err := f.options()
	if err != nil {
		return &rules.RuleSet{}
	}
	set, _ := rules.Load(opt)
	return set
}

// completeRuleNames offers the names of rules.
func (f *ruleFlags) completeRuleNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, r := range f.load().Rules {
		names = append(names, cobra.CompletionWithDesc(r.Name, r.Description))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeVariables offers the names of variables, to be followed by a value.
func (f *ruleFlags) completeVariables(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(begun, "=") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, v := range f.load().Variables {
		names = append(names, cobra.CompletionWithDesc(v.Name+"=", v.Description))
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeOne offers what ask gets from the daemon, for a command with one argument; nothing where none answers.
func (f *controlFlags) completeOne(ask func(context.Context, *api.Client) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := f.client(&app{out: io.Discard, err: io.Discard})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), completeWithin)
		defer cancel()
		return ask(ctx, c), cobra.ShellCompDirectiveNoFileComp
	}
}

// targets are what is kept out, or would be.
func targets(ctx context.Context, c *api.Client) []string {
	var out []string
	all, _ := c.Decisions(ctx, decision.Target{})
	for i := range all {
		out = append(out, cobra.CompletionWithDesc(all[i].Target.String(), all[i].Reason))
	}
	return out
}

// notifiers are the names of the daemon's notifiers.
func notifiers(ctx context.Context, c *api.Client) []string {
	var out []string
	if s, err := c.Status(ctx); err == nil {
		for _, n := range s.Notifiers {
			out = append(out, cobra.CompletionWithDesc(n.Name, n.Kind))
		}
	}
	return out
}
