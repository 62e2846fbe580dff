package rules

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A RuleSet is what Load makes of a set of rule files: every rule checked, overridden and ready to
// be compiled. It does not change after Load.
type RuleSet struct {
	Rules     []*Rule         // sorted by name; disabled rules too
	Lists     []*lists.List   // sorted by name
	Macros    []*ast.Macro    // sorted by name
	Parsers   []*Parser       // sorted by name
	Variables []*ast.Variable // sorted by name
	Models    []*Model        // sorted by name
	Overrides []*Override     // in the order of their files and lines
	Digest    string          // hex SHA-256 over the texts of rule and list files, whatever their names, and the values of variables
	// Geo knows where addresses are; nil where no rule asks, or there are no files.
	Geo *geo.DB
	// Sources holds the text of every rule file, and no more of it, by the name that ranges use, for the printing of diagnostics.
	Sources map[string]*hcl.File
	// Ignores are the lint:ignore comments, in the order of files and lines.
	Ignores []*Ignore
}

// Severity is how severe a rule says that its alerts are.
type Severity = scale.Severity

// Mode says what an alert of a rule leads to.
type Mode uint8

// ModeEnforce carries actions out; ModeShadow only says what they would have done.
const (
	ModeEnforce Mode = iota
	ModeShadow
)

// A Rule is one detection with every override applied and every expression checked.
type Rule struct {
	Name        string
	Description string
	Severity    Severity // where no level above it holds; medium where the file says nothing
	Category    string
	Attack      []string // MITRE ATT&CK technique ids
	References  []string
	Enabled     bool
	Mode        Mode
	Silent      bool // it looks at events and never alerts
	On          packet.Event

	// Where says which events the rule looks at: the rule's where, the presence of every value of By,
	// and none of its exceptions. Its type is boolean; it is never nil.
	Where    ast.Expr
	By       []ast.Key
	Windows  []*ast.Window
	Memories []*ast.Memory
	// Sequence is nil for a rule without one. With one, On, Where, By and SourceWhere are those of its last step.
	Sequence *Sequence
	Tracks   []*Track // what is written to lists when the rule fires, in the order of the file
	// Aggregates of all windows and memories, in the order of the file; AggregateExpr.Index counts in it.
	Aggregates []*ast.Aggregate
	// When is nil for a rule without one. Rules with windows or memories have one; where the file has none it is that one of Levels
	// holds.
	When   ast.Expr
	Levels []*Level // the highest severity first; those up to Severity decide nothing
	// Threshold is nil for a rule without one.
	Threshold *Threshold
	Cooldown  time.Duration

	Excepts  []*Except
	Escalate *Escalate // nil without
	Evidence *Evidence // nil for what the settings say
	Actions  []*Action // in the order of the file

	// SourceWhere is the rule's own condition, without By's presence and the exceptions; nil without one.
	SourceWhere ast.Expr
	Shipped     bool // from the embedded stdlib
	Overridden  bool
	// Broken says that Load reported errors in the rule. Expressions that could not be checked are nil,
	// Where is constant true then, and actions may be missing: lint may look at it, no engine may run it.
	Broken bool
	Range  hcl.Range // of the block's header
	// AttrRanges has the range of each attribute's value by name ("where", "when", "threshold", …).
	AttrRanges map[string]hcl.Range
	Body       string // the text of the block as written in its file
}

// A Threshold is the number that reputation scales.
type Threshold struct {
	Value float64
	Range hcl.Range
}

// DefaultCooldown is the cooldown of a rule that gives none.
const DefaultCooldown = 15 * time.Second

// An Except is a condition whose packets a rule leaves alone.
type Except struct {
	Name  string
	Where ast.Expr  // with Until, that the event comes before it, too
	Until time.Time // when the exception ends, by the time of events; zero for never
	Range hcl.Range
}

// Escalate asks a reputation source about an indicator.
type Escalate struct {
	Source    string   // "virustotal" or "list"
	Indicator ast.Expr // an address or a name
	Text      string   // as written
	Range     hcl.Range
}

// An Action is a block such as `block`, `quarantine` or `notify`.
type Action struct {
	Kind      string        // "block", "quarantine", "notify"
	Target    ast.Expr      // block, quarantine: the address; nil for notify
	For       time.Duration // block, quarantine: how long; 0 for ever
	To        []string      // notify: channels
	Message   *Template     // notify: nil without
	Share     bool          // block, quarantine: all agents of the fleet are to keep the target out
	Spoofable bool          // block: the author accepts that the target's address can be forged
	Range     hcl.Range
}

// A Template is text with holes, as "${ip.src} tried ${ports} ports".
type Template struct {
	Parts []Part
	Text  string
}

// A Part is literal text, or an expression to be put into the text.
type Part struct {
	Literal string
	Expr    ast.Expr // nil for literal text
}

// An Override is an `override` block as read; the rule it names has it applied already.
type Override struct {
	Rule  string
	Range hcl.Range
}
