package notify

import (
	"text/template"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one notifier, as Kinds makes them. Other packages
// bring kinds of their own. It is a pointer to a struct whose fields are attributes of the block
// `notifier "kind" "name"`, as package setting reads them, and which embeds Common.
type Config interface {
	// Open reads the secrets and makes what carries the messages. It returns an error where trying again will
	// not help, and contacts no server. It is called again to read the secrets again; the Transport before is
	// closed after that.
	Open(opt Options) (Transport, error)
	// Base returns the settings that every kind has, in place.
	Base() *Common
}

// Kinds returns what makes the settings of each kind of notifier of this package, with every default set, by the name of
// the kind.
func Kinds() map[string]func() Config {
	return map[string]func() Config{
		"discord":   func() Config { return setting.New[DiscordConfig]() },
		"email":     func() Config { return setting.New[EmailConfig]() },
		"matrix":    func() Config { return setting.New[MatrixConfig]() },
		"ntfy":      func() Config { return setting.New[NtfyConfig]() },
		"pagerduty": func() Config { return setting.New[PagerDutyConfig]() },
		"shoutrrr":  func() Config { return setting.New[ShoutrrrConfig]() },
		"slack":     func() Config { return setting.New[SlackConfig]() },
		"teams":     func() Config { return setting.New[TeamsConfig]() },
		"webhook":   func() Config { return setting.New[WebhookConfig]() },
	}
}

// Common is the settings that every kind of notifier has. A Config embeds one.
type Common struct {
	// MinSeverity is the least severity of the alerts that are sent.
	MinSeverity scale.Severity `setting:"min_severity,required" default:"low"`
	// Rules choose the alerts that are sent by the names of their rules; none for all.
	Rules setting.Patterns `setting:"rules"`
	// Group is how long alerts of a rule are gathered after a message about it was sent; 0 for not at all. A message that
	// comes more than a day later is of no use.
	Group time.Duration `setting:"group" default:"30s" range:"0s..24h"`
	// Rate is how many messages go out in a minute. As many may go out at once after a quiet time. What has
	// to wait is merged to one message a rule. Ten a second is more than any service takes.
	Rate int `setting:"rate" default:"20" range:"1..600"`
	// Queue is how many messages wait, at most one a rule, and, in units of 4 KiB, how much memory they may take.
	Queue int `setting:"queue" default:"1000" range:"1..100000"`
	// Timeout is how long sending a message may take.
	Timeout time.Duration `setting:"timeout" default:"15s" range:"100ms..5m"`
	// Title and Template make the title and the text of messages: text/template over a Message whose Text is
	// that of the newest alert. "" for those built in.
	Title    Template `setting:"title"`
	Template Template `setting:"template"`
}

// Base implements Config.
func (c *Common) Base() *Common { return c }

// A Template is a text/template over a Message, tried on samples. The zero Template is none.
type Template struct {
	text   string
	parsed *template.Template
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Template) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Template{}
		return nil
	}
	parsed, err := parseTemplate(string(text))
	if err == nil {
		*t = Template{string(text), parsed}
	}
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (t Template) MarshalText() ([]byte, error) { return []byte(t.text), nil }

// IsSet reports whether there is a template.
func (t Template) IsSet() bool { return t.parsed != nil }

// or returns the template, or that built in where there is none.
func (t Template) or(builtin string) (*template.Template, error) {
	if t.parsed != nil {
		return t.parsed, nil
	}
	return parseTemplate(builtin)
}

// passes reports whether an alert is sent.
func (c *Common) passes(a *alert.Alert) bool {
	return a.Severity >= c.MinSeverity && c.Rules.Match(a.Rule)
}
