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
	// WebhookURLFile is a file with the address of an incoming webhook, WebhookURLEnv an environment variable with
	// it: https://hooks.slack.com/services/T…/B…/….
	WebhookURLFile string `hcl:"webhook_url_file,optional"`
	WebhookURLEnv  string `hcl:"webhook_url_env,optional"`
	// TokenFile and TokenEnv hold the token of a bot, xoxb-…, instead; it writes to Channel.
	TokenFile string `hcl:"token_file,optional"`
	TokenEnv  string `hcl:"token_env,optional"`
	// Channel is the identifier of a channel, C…, with a token.
	Channel string `hcl:"channel,optional"`
	// Username and Icon (an emoji or the address of a picture) change what the messages are shown with.
	Username string `hcl:"username,optional"`
	Icon     string `hcl:"icon,optional"`

	Shared Common
}

// NewSlack returns the defaults of kind "slack".
func NewSlack() *SlackConfig { return &SlackConfig{Shared: NewCommon()} }

// Common implements Config.
func (c *SlackConfig) Common() *Common { return &c.Shared }

var slackChannel = regexp.MustCompile(`^[CGD][A-Z0-9]{6,}$`)

// Validate implements Config.
func (c *SlackConfig) Validate() (ps []Problem) {
	hook, token := c.WebhookURLFile != "" || c.WebhookURLEnv != "", c.TokenFile != "" || c.TokenEnv != ""
	ps = append(ps, CheckSecret("webhook_url", c.WebhookURLFile, c.WebhookURLEnv, !token)...)
	if hook && token {
		ps = append(ps, Problem{Setting: "token_file", Detail: "A webhook needs no token; leave out one of them."})
	}
	ps = append(ps, CheckSecret("token", c.TokenFile, c.TokenEnv, false)...)
	switch {
	case token && !slackChannel.MatchString(c.Channel):
		ps = append(ps, Problem{Setting: "channel", Detail: "A bot needs the identifier of its channel, as \"C0123456789\"; Slack shows it at the end of the channel's details."})
	case !token && c.Channel != "":
		ps = append(ps, Problem{Setting: "channel", Detail: "A webhook has its channel already; leave this out."})
	}
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *SlackConfig) Resolve(dir string) {
	c.WebhookURLFile, c.TokenFile = setting.Beside(dir, c.WebhookURLFile), setting.Beside(dir, c.TokenFile)
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
	if c.TokenFile != "" || c.TokenEnv != "" {
		name, channel = "token", c.Channel
		secret, err = ReadSecret(name, c.TokenFile, c.TokenEnv)
	} else {
		secret, err = readAddress(name, c.WebhookURLFile, c.WebhookURLEnv)
	}
	if err != nil {
		return "", "", err
	}
	text := secret
	if name == "webhook_url" {
		var ok bool
		if text, ok = strings.CutPrefix(secret, "https://hooks.slack.com/services/"); !ok {
			return "", "", errors.New("webhook_url: that is no webhook of Slack; its address begins with https://hooks.slack.com/services/")
		}
		text = "hook:" + text
	}
	token, err := slack.ParseToken(text)
	if err != nil {
		return "", "", fmt.Errorf("%s: that is not of the form that Slack gives; copy it anew from the settings of the Slack app", name)
	}
	return serviceURL(slack.Scheme, channel, "", token.UserInfo(), query), secret, nil
}
