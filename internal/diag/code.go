// Package diag holds the diagnostics of everything that is written in HCL here: rule files, tests and
// settings. It has the table of their codes, the places of tokens inside strings, near names for
// misspelt ones, and writers for text, JSON lines and SARIF.
package diag

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Code names one kind of diagnostic. Codes are stable: settings, comments and reports name them.
type Code struct {
	Name      string
	Severity  hcl.DiagnosticSeverity
	Summary   string // a noun phrase, the Summary of every diagnostic with the code
	Doc       string // a sentence for the reference
	Judgement bool   // a lint:ignore comment may silence it
}

// The names of the codes of loading.
const (
	Syntax             = "syntax"
	UnreadableFile     = "unreadable-file"
	UnknownBlock       = "unknown-block"
	UnknownAttribute   = "unknown-attribute"
	MissingAttribute   = "missing-attribute"
	BadValue           = "bad-value"
	BadName            = "bad-name"
	DuplicateName      = "duplicate-name"
	UnknownField       = "unknown-field"
	UnknownName        = "unknown-name"
	UnknownFunction    = "unknown-function"
	UnknownList        = "unknown-list"
	UnknownVariable    = "unknown-variable"
	UnknownRule        = "unknown-rule"
	TypeMismatch       = "type-mismatch"
	BadArguments       = "bad-arguments"
	BadAddress         = "bad-address"
	BadRegexp          = "bad-regexp"
	Unsupported        = "unsupported-expression"
	WrongEvent         = "wrong-event"
	MisplacedAggregate = "misplaced-aggregate"
	MissingThreshold   = "missing-threshold"
	MissingCondition   = "missing-condition"
	MacroCycle         = "macro-cycle"
	BadListEntry       = "bad-list-entry"
	BadVariable        = "bad-variable"
	NeverTrue          = "never-true"
	AlwaysTrue         = "always-true"
	BadIgnore          = "bad-ignore"
	NotFetched         = "not-fetched"
	ShadowsShipped     = "shadows-shipped"
)

var codes = []Code{
	{AlwaysTrue, hcl.DiagWarning, "Comparison that always holds", "A comparison holds for every value that the field can have.", true},
	{BadAddress, hcl.DiagError, "Invalid address", "A literal that stands where an IP or MAC address is needed is none.", false},
	{BadArguments, hcl.DiagError, "Invalid arguments", "A function or an aggregate has too few, too many or unsuitable arguments.", false},
	{BadIgnore, hcl.DiagWarning, "Invalid lint:ignore comment", "A lint:ignore comment has no reason, or names a code that does not exist or cannot be silenced.", false},
	{BadListEntry, hcl.DiagError, "Invalid list entry", "An entry of a list is not of the list's type.", false},
	{BadName, hcl.DiagError, "Invalid name", "A name has characters that conditions cannot spell, or means something else already.", false},
	{BadRegexp, hcl.DiagError, "Invalid regular expression", "The right side of matches is not a regular expression of RE2.", false},
	{BadValue, hcl.DiagError, "Invalid value", "The value of an attribute or a label is not of the form that it needs.", false},
	{BadVariable, hcl.DiagError, "Invalid variable value", "The value that --set, the environment or the settings give to a variable is not of its type.", false},
	{DuplicateName, hcl.DiagError, "Duplicate name", "Two blocks of one kind have the same name.", false},
	{MacroCycle, hcl.DiagError, "Macro cycle", "A macro uses itself, directly or through other macros.", false},
	{MisplacedAggregate, hcl.DiagError, "Misplaced aggregate", "An aggregate is used where only the fields of one packet are known.", false},
	{MissingAttribute, hcl.DiagError, "Missing attribute", "A block lacks an attribute that it needs.", false},
	{MissingCondition, hcl.DiagError, "Missing condition", "A rule has neither where nor when, or has windows and no when.", false},
	{MissingThreshold, hcl.DiagError, "Missing threshold", "A condition uses threshold and the rule has none.", false},
	{NeverTrue, hcl.DiagError, "Condition that can never hold", "A comparison, or several that must hold together, cannot hold for any packet.", true},
	{NotFetched, hcl.DiagWarning, "List without a copy", "There is no copy of a list that is fetched, so it has no entries yet.", true},
	{ShadowsShipped, hcl.DiagWarning, "Name of a shipped block", "A list, macro or variable has the name of a shipped one, whose place it takes in one's own rules alone.", true},
	{Syntax, hcl.DiagError, "Syntax error", "The text is not HCL, or the condition in it is not an expression.", false},
	{TypeMismatch, hcl.DiagError, "Type mismatch", "An operator or a function is used on values that it has no meaning for.", false},
	{UnknownAttribute, hcl.DiagError, "Unknown attribute", "A block has an attribute that the language does not know there.", false},
	{UnknownBlock, hcl.DiagError, "Unknown block", "The language does not know a block of this type there.", false},
	{UnknownField, hcl.DiagError, "Unknown field", "There is no field of this name.", false},
	{UnknownFunction, hcl.DiagError, "Unknown function", "There is no function of this name.", false},
	{UnknownList, hcl.DiagError, "Unknown list", "No list block declares this name.", false},
	{UnknownName, hcl.DiagError, "Unknown name", "A name is no field, layer, macro or aggregate.", false},
	{UnknownRule, hcl.DiagError, "Unknown rule", "An override names a rule that does not exist.", false},
	{UnknownVariable, hcl.DiagError, "Unknown variable", "No variable block declares this name.", false},
	{UnreadableFile, hcl.DiagError, "Unreadable file", "A rule, list or settings file cannot be read.", false},
	{Unsupported, hcl.DiagError, "Unsupported expression", "An expression of expr-lang has no meaning in this place.", false},
	{WrongEvent, hcl.DiagError, "Field of another event", "A field or layer does not occur in the events that the rule looks at.", false},
}

// Codes returns the table of the codes of loading, sorted by name. The checks of rules/lint have codes of
// their own.
func Codes() []Code { return slices.Clone(codes) }

// ByName returns the code of Codes with a name.
func ByName(name string) (Code, bool) {
	i, ok := slices.BinarySearchFunc(codes, name, func(c Code, s string) int { return strings.Compare(c.Name, s) })
	if !ok {
		return Code{}, false
	}
	return codes[i], true
}
