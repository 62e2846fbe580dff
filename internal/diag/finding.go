package diag

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Finding is a diagnostic as commands print it. Lines and columns count from 1, columns in characters;
// the end is the place after the last character. A finding about no file has an empty File and zeros.
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
		}
		if d.Severity == hcl.DiagWarning {
			f.Severity = SeverityWarning
		}
		if f.Code == "" { // of HCL's parser
			f.Code = Syntax
		}
		if d.Subject != nil {
			f.File = d.Subject.Filename
			f.Line, f.Column = d.Subject.Start.Line, d.Subject.Start.Column
			f.EndLine, f.EndColumn = d.Subject.End.Line, d.Subject.End.Column
		}
		out = append(out, f)
	}
	return out
}
