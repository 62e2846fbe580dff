package notify

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// DiscordConfig is the settings of kind "discord": a webhook of a channel.
type DiscordConfig struct {
	// WebhookURLFile is a file with the address of the webhook, WebhookURLEnv an environment variable with it:
	// https://discord.com/api/webhooks/ID/TOKEN.
	WebhookURLFile string `hcl:"webhook_url_file,optional"`
	WebhookURLEnv  string `hcl:"webhook_url_env,optional"`
	// Username and AvatarURL change what the messages are shown with.
	Username  string `hcl:"username,optional"`
	AvatarURL string `hcl:"avatar_url,optional"`

	Shared Common
}

// NewDiscord returns the defaults of kind "discord".
func NewDiscord() *DiscordConfig { return &DiscordConfig{Shared: NewCommon()} }

// Common implements Config.
func (c *DiscordConfig) Common() *Common { return &c.Shared }

// Validate implements Config.
func (c *DiscordConfig) Validate() []Problem {
	ps := CheckSecret("webhook_url", c.WebhookURLFile, c.WebhookURLEnv, true)
	if c.AvatarURL != "" && checkURL(c.AvatarURL) != "" {
		ps = append(ps, Problem{Setting: "avatar_url", Detail: "Write the https address of a picture."})
	}
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *DiscordConfig) Resolve(dir string) { c.WebhookURLFile = setting.Beside(dir, c.WebhookURLFile) }

var discordWebhook = regexp.MustCompile(`^https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/(\d+)/([A-Za-z0-9_-]+)$`)

// discordColors are the colours of the border, by severity, as the library writes them.
var discordColors = map[scale.Severity]string{scale.SeverityLow: "0x439fe0", scale.SeverityMedium: "0xecb22e", scale.SeverityHigh: "0xe8912d", scale.SeverityCritical: "0xe01e5a"}

// linkless keeps text from being taken for a link that shows another address than it has: attackers write some of it.
var linkless = strings.NewReplacer("[", `\[`, "]", `\]`)

// Open implements Config.
func (c *DiscordConfig) Open(opt Options) (Transport, error) {
	secret, err := ReadSecret("webhook_url", c.WebhookURLFile, c.WebhookURLEnv)
	if err != nil {
		return nil, err
	}
	parts := discordWebhook.FindStringSubmatch(secret)
	if parts == nil {
		return nil, errors.New("webhook_url: that is no webhook of Discord; its address is https://discord.com/api/webhooks/ID/TOKEN")
	}
	// One message is one embed: mentions in embeds call nobody, whatever is in the text.
	query := url.Values{"splitLines": {"No"}}
	if c.Username != "" {
		query.Set("username", c.Username)
	}
	if c.AvatarURL != "" {
		query.Set("avatar", c.AvatarURL)
	}
	address := serviceURL(discord.Scheme, parts[1], "", url.User(parts[2]), query)
	if err := checkService(address); err != nil {
		return nil, fmt.Errorf("webhook_url: %w", err)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) {
		return linkless.Replace(m.Text), types.Params{"title": m.Title, "color": discordColors[m.Severity]}
	}, secret)
}
