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
	// WebhookURL is the address of the webhook, https://discord.com/api/webhooks/ID/TOKEN.
	WebhookURL setting.Source `setting:"webhook_url,required"`
	// Username and AvatarURL, of a picture, change what the messages are shown with.
	Username  string      `setting:"username"`
	AvatarURL setting.URL `setting:"avatar_url"`

	Common
}

var discordWebhook = regexp.MustCompile(`^https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/(\d+)/([A-Za-z0-9_-]+)$`)

// discordColors are the colours of the border, by severity, as the library writes them.
var discordColors = map[scale.Severity]string{scale.SeverityLow: "0x439fe0", scale.SeverityMedium: "0xecb22e", scale.SeverityHigh: "0xe8912d", scale.SeverityCritical: "0xe01e5a"}

// linkless keeps text from being taken for a link that shows another address than it has: attackers write some of it.
var linkless = strings.NewReplacer("[", `\[`, "]", `\]`)

// Open implements Config.
func (c *DiscordConfig) Open(opt Options) (Transport, error) {
	secret, err := c.WebhookURL.Read("webhook_url")
	if err != nil {
		return nil, err
	}
	parts := discordWebhook.FindStringSubmatch(secret.Reveal())
	if parts == nil {
		return nil, errors.New("webhook_url: that is not a webhook of Discord; its address is https://discord.com/api/webhooks/ID/TOKEN")
	}
	// One message is one embed: mentions in embeds notify no one, whatever is in the text.
	query := url.Values{"splitLines": {"No"}}
	if c.Username != "" {
		query.Set("username", c.Username)
	}
	if avatar := c.AvatarURL.String(); avatar != "" {
		query.Set("avatar", avatar)
	}
	address := serviceURL(discord.Scheme, parts[1], "", url.User(parts[2]), query)
	if err := checkService(address); err != nil {
		return nil, fmt.Errorf("webhook_url: %w", err)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) {
		return linkless.Replace(m.Text), types.Params{"title": m.Title, "color": discordColors[m.Severity]}
	}, secret.Reveal())
}
