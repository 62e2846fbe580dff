package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Finding is a diagnostic as commands print it. Lines and columns count from 1, columns in characters;
// the end is the place after the last character. A finding about no file has an empty File and the place 1:1.
type Finding struct {
	Code      string `json:"code"`
	Severity  string `json:"severity"` // "error" or "warning"
	Summary   string `json:"summary"`
	Detail    string `json:"detail"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

// The severities of findings.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Findings returns diagnostics as findings, sorted by file, line and column.
func Findings(diags hcl.Diagnostics) []Finding {
	diags = Sort(slices.Clone(diags))
	out := make([]Finding, 0, len(diags))
	for _, d := range diags {
		f := Finding{
			Code:     CodeOf(d),
			Severity: SeverityError,
			Summary:  strings.TrimSuffix(d.Summary, "."),
			Detail:   d.Detail,
			Line:     1, Column: 1, EndLine: 1, EndColumn: 1,
		}
		if d.Severity == hcl.DiagWarning {
			f.Severity = SeverityWarning
		}
		if f.Code == "" { // of HCL's parser
			f.Code = Syntax
		}
		if d.Subject != nil {
			f.File = d.Subject.Filename
			f.Line, f.Column = max(1, d.Subject.Start.Line), max(1, d.Subject.Start.Column)
			f.EndLine, f.EndColumn = max(1, d.Subject.End.Line), max(1, d.Subject.End.Column)
		}
		out = append(out, f)
	}
	return out
}

// Count writes how many findings there are, by severity and file, for the end of a report: "1 error, 2 warnings in
// 2 files".
func Count(findings []Finding) string {
	var errors, warnings int
	files := map[string]bool{}
	for _, f := range findings {
		if f.Severity == SeverityError {
			errors++
		} else {
			warnings++
		}
		if f.File != "" {
			files[f.File] = true
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, plural(errors, "error"))
	}
	if warnings > 0 {
		parts = append(parts, plural(warnings, "warning"))
	}
	if len(parts) == 0 {
		return "no errors or warnings"
	}
	out := strings.Join(parts, ", ")
	if len(files) > 0 {
		out += " in " + plural(len(files), "file")
	}
	return out
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// WriteJSON writes one object a line for each finding.
func WriteJSON(w io.Writer, findings []Finding) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, f := range findings {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
