package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/lsp"
	"github.com/ruleids/ruleids/stdlib"
)

func newLSPCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor: the language server for rule files",
		Long: `Lsp speaks the Language Server Protocol on standard input and output. Editors start it; docs/editors.md says how to
tell them. While you type it shows what lint would say, completes and explains the words of conditions, leads to where a list,
macro, variable or rule is declared and used, renames them, formats files, offers fixes, and runs tests.`,
		Example: `  nvim -c "lua vim.lsp.start({ name = 'ruleids', cmd = { 'ruleids', 'lsp' } })" rules/telnet.hcl`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := lsp.Server{Version: currentBuild().Version, Stdlib: stdlib.FS(), Pages: "https://github.com/ruleids/ruleids/blob/main/docs/lint.md#"}
			in, ok := a.in.(io.ReadCloser)
			if !ok {
				in = io.NopCloser(a.in)
			}
			return s.Serve(cmd.Context(), in, a.out)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}
