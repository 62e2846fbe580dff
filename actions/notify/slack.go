package notify

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/slack"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// SlackConfig is the settings of kind "slack": an incoming webhook, or a bot with its token.
type SlackConfig struct {
	// WebhookURL is the address of an incoming webhook, https://hooks.slack.com/services/T…/B…/….
	WebhookURL setting.Source `setting:"webhook_url"`
	// Token is the token of a bot, xoxb-…, instead; it writes to Channel.
	Token setting.Source `setting:"token"`
	// Channel is the identifier of a channel, C…, with a token.
	Channel string `setting:"channel"`
	// Username and Icon (an emoji or the address of a picture) change what the messages are shown with.
	Username string `setting:"username"`
	Icon     string `setting:"icon"`

	Common
}

var slackChannel = regexp.MustCompile(`^[CGD][A-Z0-9]{6,}$`)

// Check returns what is wrong with the settings as they go together.
func (c *SlackConfig) Check() (ps []setting.Problem) {
	wrong := func(name, detail string) { ps = append(ps, setting.Problem{Setting: name, Detail: detail}) }
	hook, token := c.WebhookURL.IsSet(), c.Token.IsSet()
	switch {
	case !hook && !token:
		wrong("webhook_url_file", "Name the file that holds the address, or its environment variable in webhook_url_env.")
	case hook && token:
		wrong("token_file", "A webhook needs no token; leave out one of them.")
	}
	switch {
	case token && !slackChannel.MatchString(c.Channel):
		wrong("channel", "A bot needs the identifier of its channel, as \"C0123456789\"; Slack shows it at the end of the channel's details.")
	case !token && c.Channel != "":
		wrong("channel", "A webhook has its channel already; leave this out.")
	}
	return ps
}

// slackColors are the colours of the border, by severity.
var slackColors = map[scale.Severity]string{scale.SeverityLow: "#439FE0", scale.SeverityMedium: "#ECB22E", scale.SeverityHigh: "#E8912D", scale.SeverityCritical: "#E01E5A"}

// slackText keeps Slack from taking text for mentions and links:
// https://docs.slack.dev/messaging/formatting-message-text#escaping.
var slackText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Open implements Config.
func (c *SlackConfig) Open(opt Options) (Transport, error) {
	address, secret, err := c.address()
	if err != nil {
		return nil, err
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) {
		return slackText.Replace(m.Text), types.Params{"title": slackText.Replace(m.Title), "color": slackColors[m.Severity]}
	}, secret)
}

// address returns the library's URL and the secret in it.
func (c *SlackConfig) address() (address, secret string, err error) {
	query := url.Values{}
	if c.Username != "" {
		query.Set("botname", c.Username)
	}
	if c.Icon != "" {
		query.Set("icon", c.Icon)
	}
	name, channel := "webhook_url", "webhook"
	if c.Token.IsSet() {
		name, channel = "token", c.Channel
		var token setting.Secret
		token, err = c.Token.Read(name)
		secret = token.Reveal()
	} else {
		secret, err = readAddress(name, &c.WebhookURL)
	}
	if err != nil {
		return "", "", err
	}
	text := secret
	if name == "webhook_url" {
		var ok bool
		if text, ok = strings.CutPrefix(secret, "https://hooks.slack.com/services/"); !ok {
			return "", "", errors.New("webhook_url: that is not a webhook of Slack; its address begins with https://hooks.slack.com/services/")
		}
		text = "hook:" + text
	}
	token, err := slack.ParseToken(text)
	if err != nil {
		return "", "", fmt.Errorf("%s: that is not of the form that Slack gives; copy it again from the settings of the Slack app", name)
	}
	return serviceURL(slack.Scheme, channel, "", token.UserInfo(), query), secret, nil
}
