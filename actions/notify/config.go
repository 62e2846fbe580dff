package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one notifier, as NewConfig returns them with every default set. Other packages
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

// kinds makes the settings of each kind of notifier, by the name of the kind.
func kinds() map[string]func() Config {
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

// Kinds returns the kinds of notifiers of this package, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// NewConfig returns the defaults of a kind of notifier. The error names the kinds that there are.
func NewConfig(kind string) (Config, error) {
	if f, ok := kinds()[kind]; ok {
		return f(), nil
	}
	return nil, fmt.Errorf("there is no kind of notifier %q; there are %s", kind, strings.Join(Kinds(), ", "))
}
