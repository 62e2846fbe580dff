package rules

import (
	"encoding/hex"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// A RuleSet is what Load makes of a set of rule files: every rule checked, overridden and ready to
// be compiled. It does not change after Load.
type RuleSet struct {
	Rules     []*Rule     // sorted by name; disabled rules too
	Lists     []*List     // sorted by name
	Macros    []*Macro    // sorted by name
	Parsers   []*Parser   // sorted by name
	Variables []*Variable // sorted by name
	Models    []*Model    // sorted by name
	Overrides []*Override // in the order of their files and lines
	Digest    string      // hex SHA-256 over the texts of rule and list files, whatever their names, and the values of variables
	// Geo knows where addresses are; nil where no rule asks, or there are no files.
	Geo *geo.DB
	// Sources holds the text of every rule file by the name that ranges use, for the printing of diagnostics.
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
	Where    Expr
	By       []Key
	Windows  []*Window
	Memories []*Memory
	// Sequence is nil for a rule without one. With one, On, Where, By and SourceWhere are those of its last step.
	Sequence *Sequence
	Tracks   []*Track // what is written to lists when the rule fires, in the order of the file
	// Aggregates of all windows and memories, in the order of the file; AggregateExpr.Index counts in it.
	Aggregates []*Aggregate
	// When is nil for a rule without one. Rules with windows or memories have one; where the file has none it is that one of Levels
	// holds.
	When   Expr
	Levels []*Level // the highest severity first; those up to Severity decide nothing
	// Threshold is nil for a rule without one.
	Threshold *Threshold
	Cooldown  time.Duration

	Excepts  []*Except
	Escalate *Escalate // nil without
	Evidence *Evidence // nil for what the settings say
	Actions  []*Action // in the order of the file

	// SourceWhere is the rule's own condition, without By's presence and the exceptions; nil without one.
	SourceWhere Expr
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

// A Key is one entry of `by`.
type Key struct {
	Text string // as written; what alerts name it by
	Expr Expr
}

// A Threshold is the number that reputation scales.
type Threshold struct {
	Value float64
	Range hcl.Range
}

// A Window is a sliding span of packet time and the aggregates over it.
type Window struct {
	Span       time.Duration
	MaxKeys    int // bound on the number of keys with state
	Aggregates []*Aggregate
	Range      hcl.Range
}

// DefaultMaxKeys is the bound on keys of a window without max_keys.
const DefaultMaxKeys = 65536

// DefaultCooldown is the cooldown of a rule that gives none.
const DefaultCooldown = 15 * time.Second

// Func is the function of an aggregate.
type Func uint8

// The aggregates of the language.
const (
	FuncCount Func = iota
	FuncSum
	FuncDistinct
	FuncMin
	FuncMax
	FuncMean
	FuncStddev
	FuncRate
	FuncChanges
	FuncCV
	FuncMedian
	FuncPercentile
	FuncFirst // of memories

	funcLast = FuncPercentile // of windows
)

// String returns the name in the language.
func (f Func) String() string {
	return [...]string{"count", "sum", "distinct", "min", "max", "mean", "stddev", "rate", "changes", "cv", "median", "percentile", "first"}[f]
}

// An Aggregate is a named value over the packets of a window.
type Aggregate struct {
	Name string
	Func Func
	Arg  Expr // nil for count and rate
	// Quantile is the share of the values that do not exceed that of median (0.5) or percentile; 0 of others.
	Quantile float64
	Cond     Expr      // nil where every packet of the rule counts; holds the presence of Arg too
	Index    int       // in Rule.Aggregates
	Window   *Window   // nil for one of a memory
	Memory   *Memory   // nil for one of a window
	Range    hcl.Range // of the string with the expression
	Text     string    // the expression as written
}

// An Except is a condition whose packets a rule leaves alone.
type Except struct {
	Name  string
	Where Expr      // with Until, that the event comes before it, too
	Until time.Time // when the exception ends, by the time of events; zero for never
	Range hcl.Range
}

// Escalate asks a reputation source about an indicator.
type Escalate struct {
	Source    string // "virustotal" or "list"
	Indicator Expr   // an address or a name
	Text      string // as written
	Range     hcl.Range
}

// An Action is a block such as `block`, `quarantine` or `notify`.
type Action struct {
	Kind      string        // "block", "quarantine", "notify"
	Target    Expr          // block, quarantine: the address; nil for notify
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
	Expr    Expr // nil for literal text
}

// A Variable is a number or a text that a user may set.
type Variable struct {
	Name, Description string
	Value             any    // int64, float64, string, bool, or []any of these
	From              string // "default", "--set", "environment" or the settings file's name
	Used              bool
	Shipped           bool
	Range             hcl.Range
}

// A Macro is a named boolean expression.
type Macro struct {
	Name, Description string
	Text              string
	Expr              Expr // nil where it has errors
	Used              bool
	Shipped           bool
	Range             hcl.Range
}

// ListType is the type of a list's entries.
type ListType uint8

// The types of lists.
const (
	ListIP ListType = iota
	ListPort
	ListString
	ListDomain
)

// String returns the word of the language.
func (t ListType) String() string { return listTypes[t] }

// A List is a named set of addresses, ports, strings or domain names, with columns where it knows more of its entries.
type List struct {
	Name, Description string
	Type              ListType
	Set               *Set
	Len               int // entries as written
	// For is how long an entry of a list that rules fill lasts after it was written last, and Max how many there are at
	// most; 0 for other lists. Such a list has no Set.
	For     time.Duration
	Max     int
	Files   []string  // the files of the user that it was read from, or that its copies will be
	Feeds   []*Feed   // where it is fetched from
	Columns []*Column // in the order of the file; nil for a list without data
	Used    bool
	Shipped bool
	Range   hcl.Range

	header []string
	rows   *rows
	digest []byte // of the files
}

// Header returns the names of the columns with that of the entry; nil for a list without data.
func (l *List) Header() []string { return l.header }

// Digest identifies the contents of the list's files.
func (l *List) Digest() string { return hex.EncodeToString(l.digest) }

// An Override is an `override` block as read; the rule it names has it applied already.
type Override struct {
	Rule  string
	Range hcl.Range
}
