package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/imports"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/format"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

func newImportCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Turn rules of other programs into rule files",
		Long: `Import reads rules of another program and writes rule files to be reviewed. Rules that differ in one constant, such as a
name or an address, become one list with data and one rule. Each rule says in a comment whether it is exact or loose, and what is lost;
all are in shadow mode, and none blocks. What is written loads, lints without an error and is laid out as fmt does it.`,
		Example: `  ruleids import suricata emerging-*.rules -o imported --report import.json
  ruleids import suricata emerging-dns.rules -o imported --exact
  ruleids import sigma rules/network -o imported
  ruleids import crowdsec scenarios/ -o imported`,
	}
	return grouped(a, cmd,
		newImportFormatCmd(a, "suricata", "Suricata", "rules", (*imports.Set).Suricata),
		newImportFormatCmd(a, "sigma", "Sigma", "yml", (*imports.Set).Sigma),
		newImportFormatCmd(a, "crowdsec", "CrowdSec", "yaml", (*imports.Set).CrowdSec))
}

// newImportFormatCmd returns the command that reads one format.
func newImportFormatCmd(a *app, name, program, extension string, read func(*imports.Set, imports.File)) *cobra.Command {
	i := &importer{app: a, read: read}
	cmd := &cobra.Command{
		Use:   name + " PATH... -o DIR",
		Short: "Import rules of " + program,
		Long: fmt.Sprintf(`Import rules of %s: of files, and of the *.%s files in directories and below them. DIR must be new or empty. A summary by reason
goes to standard output. See docs/import.md for what is translated and what is left out.`, program, extension),
		Example: fmt.Sprintf("  ruleids import %s site.%s -o imported --report import.json", name, extension),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return misused("name files of rules: import %s PATH... -o DIR", name)
			case i.output == "":
				return misused("name a directory to write to with -o DIR")
			}
			return nil
		},
		RunE:              func(_ *cobra.Command, args []string) error { return i.run(args, extension) },
		ValidArgsFunction: cobra.FixedCompletions([]string{extension}, cobra.ShellCompDirectiveFilterFileExt),
	}
	cmd.Flags().StringVarP(&i.output, "output", "o", "", "write rule files and lists to this `DIR`, which is made")
	_ = cmd.MarkFlagDirname("output")
	cmd.Flags().StringVar(&i.report, "report", "", "write what became of each rule to this `FILE`, as JSON")
	_ = cmd.MarkFlagFilename("report", "json")
	cmd.Flags().BoolVar(&i.set.Exact, "exact", false, "leave out each rule of which something is lost")
	return cmd
}

// An importer is the command import with a format.
type importer struct {
	app    *app
	read   func(*imports.Set, imports.File)
	output string
	report string
	set    imports.Set
}

func (i *importer) run(paths []string, extension string) error {
	names, err := importFiles(paths, extension)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(i.output); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; name a new directory, and compare it with ruleids diff", i.output)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		i.read(&i.set, imports.File{Name: filepath.ToSlash(name), Data: data})
	}
	files, err := i.settle()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := create(filepath.Join(i.output, filepath.FromSlash(f.Name)), f.Data); err != nil {
			return err
		}
	}
	report := i.set.Report()
	if i.report != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(i.report, append(text, '\n'), 0o666); err != nil {
			return err
		}
	}
	return writeImport(i.app.out, report, i.output)
}

// importFiles returns the files of the paths: each that is named, and those with the extension below directories.
func importFiles(paths []string, extension string) ([]string, error) {
	var out []string
	for _, p := range paths {
		err := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			kind := strings.TrimPrefix(filepath.Ext(name), ".")
			if !d.IsDir() && (name == p || kind == extension || kind == "yml" && extension == "yaml" || kind == "yaml" && extension == "yml") {
				out = append(out, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there are no *.%s files in %s", extension, strings.Join(paths, ", "))
	}
	return out, nil
}

var beginsRule = regexp.MustCompile(`^rule "([^"]+)"`)

// settle returns the files of the set, laid out. What does not load is left out of it, with what the checker said.
func (i *importer) settle() ([]imports.File, error) {
	const rounds = 20 // a rule that is left out may uncover an error of another; each round leaves out one at least
	for range rounds {
		files := i.set.Files()
		sources := map[string][]byte{}
		for n, f := range files {
			if strings.HasSuffix(f.Name, ".hcl") {
				text, diags := format.Source(f.Name, f.Data)
				if diags.HasErrors() {
					return nil, fmt.Errorf("what was translated cannot be laid out, which is a fault of this program: %w", diags)
				}
				files[n].Data = append(bytes.TrimRight(text, "\n"), '\n')
			}
			sources[f.Name] = files[n].Data
		}
		set, _, diags := engine.Load(rules.Options{Stdlib: stdlib.FS(), Sources: sources, LintCodes: lint.IgnoreCodes()}, engine.Options{})
		dropped, failed := false, ""
		for _, f := range lint.Run(set, diags) {
			if f.Severity != diag.SeverityError {
				continue
			}
			failed = fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Detail)
			if i.set.Drop(ruleAt(sources[f.File], f.Line), "does not load: "+f.Code) {
				dropped = true
			}
		}
		if failed == "" {
			return files, nil
		}
		if !dropped {
			return nil, fmt.Errorf("what was translated does not load, which is a fault of this program: %s", failed)
		}
	}
	return nil, errors.New("what was translated does not load, which is a fault of this program")
}

// ruleAt returns the name of the rule that has a line.
func ruleAt(text []byte, line int) string {
	lines := strings.Split(string(text), "\n")
	for n := min(line, len(lines)) - 1; n >= 0; n-- {
		if m := beginsRule.FindStringSubmatch(lines[n]); m != nil {
			return m[1]
		}
	}
	return ""
}

// writeImport prints a report for people.
func writeImport(w io.Writer, r imports.Report, dir string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s read, %d translated (%d exact, %d loose), %d left out", plural(uint64(r.Read), "rule"), r.Exact+r.Loose, r.Exact, r.Loose, r.LeftOut)
	if r.Off > 0 {
		fmt.Fprintf(&b, "; %d more were off", r.Off)
	}
	fmt.Fprintf(&b, "\n%s and %s in %s; %d are entries of lists\n", plural(uint64(r.Rules), "rule"), plural(uint64(r.Lists), "list"), dir, r.Folded)
	table := func(title string, counts []imports.Count) {
		if len(counts) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, c := range counts {
			fmt.Fprintf(&b, "%7d  %s\n", c.Rules, c.Text)
		}
	}
	table("lost:", r.Losses)
	table("left out:", r.Reasons)
	_, err := w.Write(b.Bytes())
	return err
}
