package diag

import (
	"bytes"
	"cmp"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// The page that tells of each code, and where the program comes from. SARIF wants absolute URIs there
// (section 3.49.12).
const (
	programURI = "https://github.com/ruleids/ruleids"
	helpURI    = programURI + "/blob/main/docs/lint.md"
)

// A SARIF says what a log has besides its findings.
type SARIF struct {
	Codes   []Code               // every code that a finding may have
	Sources map[string]*hcl.File // the files by the names that findings use
	Version string               // of the program
	// Home is the file that a finding about no file is shown at: code scanning refuses a log with a result
	// that has no location.
	Home string
	// Failure is why nothing could be looked at; "" where that was done.
	Failure string
}

// Write writes findings as a SARIF 2.1.0 log.
func (s SARIF) Write(w io.Writer, findings []Finding) error {
	run := sarif.NewRunWithInformationURI("ruleids", programURI)
	run.Tool.Driver.WithVersion(s.Version)
	run.WithColumnKind("unicodeCodePoints")
	for _, c := range s.Codes {
		level := SeverityError
		if c.Severity == hcl.DiagWarning {
			level = SeverityWarning
		}
		run.AddRule(c.Name).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(sentence(c.Summary))).
			WithFullDescription(sarif.NewMultiformatMessageString().WithText(c.Doc)).
			WithHelpURI(helpURI + "#" + c.Name).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level))
	}
	for _, f := range findings {
		result := run.CreateResultForRule(f.Code).
			WithLevel(f.Severity).
			WithMessage(sarif.NewTextMessage(strings.TrimSpace(sentence(f.Summary) + " " + f.Detail)))
		f.File = cmp.Or(f.File, s.Home)
		region := sarif.NewRegion().
			WithStartLine(f.Line).WithStartColumn(codePoints(s.Sources[f.File], f.Line, f.Column)).
			WithEndLine(f.EndLine).WithEndColumn(codePoints(s.Sources[f.File], f.EndLine, f.EndColumn))
		result.AddLocation(sarif.NewLocationWithPhysicalLocation(
			sarif.NewPhysicalLocation().
				WithArtifactLocation(sarif.NewSimpleArtifactLocation(fileURI(f.File))).
				WithRegion(region)))
	}
	invocation := sarif.NewInvocation().WithExecutionSuccessful(s.Failure == "")
	if s.Failure != "" {
		invocation.AddToolExecutionNotification(sarif.NewNotification().WithLevel(SeverityError).WithMessage(sarif.NewTextMessage(s.Failure)))
	}
	run.AddInvocation(invocation)
	report := sarif.NewReport()
	report.AddRun(run)
	return report.PrettyWrite(w)
}

// codePoints turns a column in characters as readers see them, HCL's measure, into one in Unicode code
// points, which SARIF can name.
func codePoints(file *hcl.File, line, column int) int {
	if file == nil || line < 1 {
		return column
	}
	lines := bytes.Split(file.Bytes, []byte("\n"))
	if line > len(lines) {
		return column
	}
	rest, points := lines[line-1], 1
	for at := 1; at < column; at++ {
		n, cluster, err := textseg.ScanGraphemeClusters(rest, true)
		if err != nil || n == 0 {
			return points + column - at
		}
		rest = rest[n:]
		points += utf8.RuneCount(cluster)
	}
	return points
}

// fileURI returns a relative reference for a relative path, and a file URI for an absolute one.
func fileURI(name string) string {
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(name))}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}
