package notify

import (
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
