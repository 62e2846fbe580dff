package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// extra is what a diagnostic carries in Extra: its code.
type extra string

// CodeOf returns the code of a diagnostic that this package made; empty for others, such as those of
// HCL's parser.
func CodeOf(d *hcl.Diagnostic) string {
	c, _ := d.Extra.(extra)
	return string(c)
}

// New makes a diagnostic with the name of a code of Codes.
func New(code string, rng hcl.Range, format string, args ...any) *hcl.Diagnostic {
	c, ok := ByName(code)
	if !ok {
		panic("diag: there is no code " + code)
	}
	return c.New(rng, format, args...)
}

// New makes a diagnostic with a code. The detail is a sentence that says what to do. Errors in it lose their full stop: those of
// Windows have one, and the sentence has its own.
func (c Code) New(rng hcl.Range, format string, args ...any) *hcl.Diagnostic {
	args = slices.Clone(args)
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = strings.TrimSuffix(err.Error(), ".")
		}
	}
	if rng.Start.Line < 1 { // HCL gives no place to some of what it could not parse
		rng.Start = hcl.InitialPos
	}
	if rng.End.Byte < rng.Start.Byte || rng.End.Line < rng.Start.Line {
		rng.End = rng.Start
	}
	return &hcl.Diagnostic{
		Severity: c.Severity,
		Summary:  c.Summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  &rng,
		Extra:    extra(c.Name),
	}
}

// Sort sorts diagnostics by file, line and column, those without a place first, and drops
// those that say the same about the same place. It changes the slice that it is given.
func Sort(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject == nil && b.Subject == nil:
			return strings.Compare(a.Detail, b.Detail)
		case a.Subject == nil:
			return -1
		case b.Subject == nil:
			return 1
		}
		return cmp.Or(CompareRanges(*a.Subject, *b.Subject), strings.Compare(CodeOf(a), CodeOf(b)), strings.Compare(a.Detail, b.Detail))
	})
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return a.Summary == b.Summary && a.Detail == b.Detail &&
			(a.Subject == nil && b.Subject == nil || a.Subject != nil && b.Subject != nil && *a.Subject == *b.Subject)
	})
}

// CompareRanges orders ranges by file, start and end.
func CompareRanges(a, b hcl.Range) int {
	return cmp.Or(strings.Compare(a.Filename, b.Filename), a.Start.Line-b.Start.Line, a.Start.Column-b.Start.Column,
		a.End.Line-b.End.Line, a.End.Column-b.End.Column)
}

// Capital returns a text that begins with a letter of ASCII as a sentence does.
func Capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
