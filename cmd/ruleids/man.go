package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newManCmd(_ *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of every command to a directory",
		Long: `Man writes one page of section 1 for each command to DIR, which is made if it does not exist.
Install them with

    ruleids man /usr/local/share/man/man1`,
		Args: exactly(1, "the directory to write to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			if err := writeManual(args[0], cmd.Root()); err != nil {
				return fmt.Errorf("cannot write the manual pages: %w", err)
			}
			return nil
		},
		ValidArgsFunction: completeDirectories,
	}
}

// writeManual writes the pages of cmd and of the commands below it to a directory. The same binary writes the same pages
// on every day: their date is that of the revision, and left out where that is not known.
func writeManual(dir string, cmd *cobra.Command) error {
	cmd.InitDefaultHelpFlag()
	date := ""
	if d := currentBuild().date(); !d.IsZero() {
		date = d.Format("2006-01-02")
	}
	name := manualName(cmd)
	if err := os.WriteFile(filepath.Join(dir, name+".1"), []byte(manualPage(cmd, date)), 0o644); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			if err := writeManual(dir, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// manualName is the name of a command's page: "ruleids-decisions-add".
func manualName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// manualPage returns the page of a command in the language of man(7).
func manualPage(cmd *cobra.Command, date string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 %q %q \"ruleids manual\"\n", strings.ToUpper(manualName(cmd)), date, "ruleids "+currentBuild().Version)
	// Programs that index manuals take the first " \- " for the end of the names.
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", manualName(cmd), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s\n.fi\n", roff(cmd.UseLine()))
	b.WriteString(".SH DESCRIPTION\n" + roffText(cmp.Or(cmd.Long, cmd.Short+".")))
	roffFlags(&b, "OPTIONS", cmd.NonInheritedFlags())
	roffFlags(&b, "OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	if cmd.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	var see []string
	if cmd.HasParent() {
		see = append(see, manualName(cmd.Parent()))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			see = append(see, manualName(c))
		}
	}
	for i, s := range see {
		see[i] = `\fB` + roff(s) + `\fR(1)`
	}
	fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", strings.Join(see, ", "))
	return b.String()
}

// roffFlags writes a section of flags as --help has them: with their placeholders and defaults.
func roffFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			b.WriteString(`\fB\-` + f.Shorthand + `\fR, `)
		}
		b.WriteString(`\fB\-\-` + roff(f.Name) + `\fR`)
		if name != "" {
			b.WriteString(` \fI` + roff(name) + `\fR`)
		}
		b.WriteString("\n" + roff(usage))
		switch f.DefValue {
		case "", "0", "[]", "false":
		default:
			b.WriteString(" (default " + roff(f.DefValue) + ")")
		}
		b.WriteByte('\n')
	})
}

// roffText writes paragraphs; lines that are indented stay as they are.
func roffText(text string) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			b.WriteString(".PP\n.nf\n" + roff(paragraph) + "\n.fi\n")
		} else {
			b.WriteString(".PP\n" + roff(paragraph) + "\n")
		}
	}
	return b.String()
}

// roff makes text of people safe for man(7): no line of it is a request, and what stands there is what is shown.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	var b strings.Builder
	for _, r := range text {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
