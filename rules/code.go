package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Code names one kind of diagnostic. Codes are stable: configurations and comments name them.
type Code struct {
	Name      string
	Severity  hcl.DiagnosticSeverity
	Summary   string // a noun phrase, the Summary of every diagnostic with the code
	Doc       string // a sentence for the reference
	Judgement bool   // a lint:ignore comment may silence it
}

// The codes of the diagnostics that Load returns.
const (
	CodeSyntax             = "syntax"
	CodeUnreadableFile     = "unreadable-file"
	CodeUnknownBlock       = "unknown-block"
	CodeUnknownAttribute   = "unknown-attribute"
	CodeMissingAttribute   = "missing-attribute"
	CodeBadValue           = "bad-value"
	CodeBadName            = "bad-name"
	CodeDuplicateName      = "duplicate-name"
	CodeUnknownField       = "unknown-field"
	CodeUnknownName        = "unknown-name"
	CodeUnknownFunction    = "unknown-function"
	CodeUnknownList        = "unknown-list"
	CodeUnknownVariable    = "unknown-variable"
	CodeUnknownRule        = "unknown-rule"
	CodeTypeMismatch       = "type-mismatch"
	CodeBadArguments       = "bad-arguments"
	CodeBadAddress         = "bad-address"
	CodeBadRegexp          = "bad-regexp"
	CodeUnsupported        = "unsupported-expression"
	CodeWrongEvent         = "wrong-event"
	CodeMisplacedAggregate = "misplaced-aggregate"
	CodeMissingThreshold   = "missing-threshold"
	CodeMissingCondition   = "missing-condition"
	CodeMacroCycle         = "macro-cycle"
	CodeBadListEntry       = "bad-list-entry"
	CodeBadVariable        = "bad-variable"
	CodeNeverTrue          = "never-true"
	CodeAlwaysTrue         = "always-true"
	CodeBadIgnore          = "bad-ignore"
)

var codes = []Code{
	{CodeAlwaysTrue, hcl.DiagWarning, "Comparison that always holds", "A comparison holds for every value that the field can have.", true},
	{CodeBadAddress, hcl.DiagError, "Invalid address", "A literal that stands where an IP or MAC address is needed is none.", false},
	{CodeBadArguments, hcl.DiagError, "Invalid arguments", "A function or an aggregate has too few, too many or unsuitable arguments.", false},
	{CodeBadIgnore, hcl.DiagWarning, "Invalid lint:ignore comment", "A lint:ignore comment has no reason, or names a code that does not exist or cannot be silenced.", false},
	{CodeBadListEntry, hcl.DiagError, "Invalid list entry", "An entry of a list is not of the list's type.", false},
	{CodeBadName, hcl.DiagError, "Invalid name", "A name has characters that conditions cannot spell, or means something else already.", false},
	{CodeBadRegexp, hcl.DiagError, "Invalid regular expression", "The right side of matches is not a regular expression of RE2.", false},
	{CodeBadValue, hcl.DiagError, "Invalid value", "The value of an attribute or a label is not of the form that it needs.", false},
	{CodeBadVariable, hcl.DiagError, "Invalid variable value", "The value that --set, the environment or the settings give to a variable is not of its type.", false},
	{CodeDuplicateName, hcl.DiagError, "Duplicate name", "Two blocks of one kind have the same name.", false},
	{CodeMacroCycle, hcl.DiagError, "Macro cycle", "A macro uses itself, directly or through other macros.", false},
	{CodeMisplacedAggregate, hcl.DiagError, "Misplaced aggregate", "An aggregate is used where only the fields of one packet are known.", false},
	{CodeMissingAttribute, hcl.DiagError, "Missing attribute", "A block lacks an attribute that it needs.", false},
	{CodeMissingCondition, hcl.DiagError, "Missing condition", "A rule has neither where nor when, or has windows and no when.", false},
	{CodeMissingThreshold, hcl.DiagError, "Missing threshold", "A condition uses threshold and the rule has none.", false},
	{CodeNeverTrue, hcl.DiagError, "Condition that can never hold", "A comparison, or several that must hold together, cannot hold for any packet.", true},
	{CodeSyntax, hcl.DiagError, "Syntax error", "The text is not HCL, or the condition in it is not an expression.", false},
	{CodeTypeMismatch, hcl.DiagError, "Type mismatch", "An operator or a function is used on values that it has no meaning for.", false},
	{CodeUnknownAttribute, hcl.DiagError, "Unknown attribute", "A block has an attribute that the language does not know there.", false},
	{CodeUnknownBlock, hcl.DiagError, "Unknown block", "The language does not know a block of this type there.", false},
	{CodeUnknownField, hcl.DiagError, "Unknown field", "There is no field of this name.", false},
	{CodeUnknownFunction, hcl.DiagError, "Unknown function", "There is no function of this name.", false},
	{CodeUnknownList, hcl.DiagError, "Unknown list", "No list block declares this name.", false},
	{CodeUnknownName, hcl.DiagError, "Unknown name", "A name is no field, layer, macro or aggregate.", false},
	{CodeUnknownRule, hcl.DiagError, "Unknown rule", "An override names a rule that does not exist.", false},
	{CodeUnknownVariable, hcl.DiagError, "Unknown variable", "No variable block declares this name.", false},
	{CodeUnreadableFile, hcl.DiagError, "Unreadable file", "A rule, list or settings file cannot be read.", false},
	{CodeUnsupported, hcl.DiagError, "Unsupported expression", "An expression of expr-lang has no meaning in this place.", false},
	{CodeWrongEvent, hcl.DiagError, "Field of another event", "A field or layer does not occur in the events that the rule looks at.", false},
}

// Codes returns the table of the codes that Load uses, sorted by name. The checks of rules/lint have
// codes of their own.
func Codes() []Code { return slices.Clone(codes) }

func codeByName(name string) *Code {
	i, ok := slices.BinarySearchFunc(codes, name, func(c Code, s string) int { return strings.Compare(c.Name, s) })
	if !ok {
		return nil
	}
	return &codes[i]
}

// codeExtra is what a diagnostic carries in Extra.
type codeExtra string

// CodeOf returns the code of a diagnostic that Load, or Diagnose, made; empty for others.
func CodeOf(d *hcl.Diagnostic) string {
	c, _ := d.Extra.(codeExtra)
	return string(c)
}

// Diagnose makes a diagnostic with a code. Checks outside this package use it with codes of their own.
func Diagnose(code Code, rng hcl.Range, detail string) *hcl.Diagnostic {
	if rng.Start.Line < 1 { // HCL gives no place to some of what it could not parse
		rng.Start = hcl.InitialPos
	}
	if rng.End.Byte < rng.Start.Byte || rng.End.Line < rng.Start.Line {
		rng.End = rng.Start
	}
	return &hcl.Diagnostic{
		Severity: code.Severity,
		Summary:  code.Summary,
		Detail:   detail,
		Subject:  &rng,
		Extra:    codeExtra(code.Name),
	}
}

// diagnose makes a diagnostic with one of the codes of this package.
func diagnose(code string, rng hcl.Range, format string, args ...any) *hcl.Diagnostic {
	return Diagnose(*codeByName(code), rng, fmt.Sprintf(format, args...))
}

// SortDiagnostics sorts diagnostics by file, line and column, those without a place first, and drops
// those that say the same of the same place.
func SortDiagnostics(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject == nil && b.Subject == nil:
			return strings.Compare(a.Detail, b.Detail)
		case a.Subject == nil:
			return -1
		case b.Subject == nil:
			return 1
		}
		if c := CompareRanges(*a.Subject, *b.Subject); c != 0 {
			return c
		}
		if c := strings.Compare(CodeOf(a), CodeOf(b)); c != 0 {
			return c
		}
		return strings.Compare(a.Detail, b.Detail)
	})
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return a.Summary == b.Summary && a.Detail == b.Detail &&
			(a.Subject == nil && b.Subject == nil || a.Subject != nil && b.Subject != nil && *a.Subject == *b.Subject)
	})
}

// CompareRanges orders ranges by file, start and end.
func CompareRanges(a, b hcl.Range) int {
	if c := strings.Compare(a.Filename, b.Filename); c != 0 {
		return c
	}
	if a.Start.Line != b.Start.Line {
		return a.Start.Line - b.Start.Line
	}
	if a.Start.Column != b.Start.Column {
		return a.Start.Column - b.Start.Column
	}
	if a.End.Line != b.End.Line {
		return a.End.Line - b.End.Line
	}
	return a.End.Column - b.End.Column
}
