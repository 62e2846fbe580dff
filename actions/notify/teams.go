package notify

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// TeamsConfig is the settings of kind "teams": a workflow or an incoming webhook of a channel of Microsoft Teams.
type TeamsConfig struct {
	// WebhookURL is the address that Teams gave.
	WebhookURL setting.Source `setting:"webhook_url,required"`

	Common
}

// teamsColors are the colours of the border, by severity.
var teamsColors = map[scale.Severity]string{scale.SeverityLow: "439FE0", scale.SeverityMedium: "ECB22E", scale.SeverityHigh: "E8912D", scale.SeverityCritical: "E01E5A"}

// Open implements Config.
func (c *TeamsConfig) Open(opt Options) (Transport, error) {
	secret, err := readAddress("webhook_url", &c.WebhookURL)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(secret)
	if err != nil {
		return nil, errors.New("webhook_url: that is not an address")
	}
	if !strings.HasSuffix(u.Host, ".webhook.office.com") {
		// The library speaks to connectors of Office 365 alone, which Microsoft has given up for workflows.
		base, err := newBase(opt, "")
		if err != nil {
			return nil, err
		}
		return &workflow{url: secret, base: base, secrets: append([]string{secret}, addressSecrets(secret)...)}, nil
	}
	conf, err := teams.ConfigFromWebhookURL(*u)
	if err != nil {
		return nil, errors.New("webhook_url: that is not a webhook of Teams; copy the address again from the channel's settings")
	}
	return newLibrary(opt, "", conf.GetURL().String(), func(m *Message) (string, types.Params) {
		return linkless.Replace(m.Text), types.Params{"title": m.Title, "color": teamsColors[m.Severity]}
	}, secret)
}

// A workflow posts to the trigger "when a Teams webhook request is received" of Power Automate.
type workflow struct {
	url     string
	base    http.RoundTripper
	secrets []string
}

func (w *workflow) Send(ctx context.Context, m *Message) error {
	body, err := json.Marshal(teamsCard(m))
	if err != nil {
		return err
	}
	return Redact(post(ctx, w.base, w.url, body, func(http.Header) {}), w.secrets...)
}

func (w *workflow) Close() error {
	closeBase(w.base)
	return nil
}

// An object is one of JSON.
type object = map[string]any

// teamsCard returns an adaptive card, version 1.4, in the envelope that the trigger wants. Text runs are not read as
// Markdown, so that nothing in them makes a link or calls somebody.
func teamsCard(m *Message) object {
	run := func(text string, more object) object {
		out := object{"type": "TextRun", "text": text}
		maps.Copy(out, more)
		return out
	}
	block := func(runs ...object) object { return object{"type": "RichTextBlock", "inlines": runs} }
	color := map[scale.Severity]string{scale.SeverityLow: "accent", scale.SeverityMedium: "warning", scale.SeverityHigh: "warning", scale.SeverityCritical: "attention"}[m.Severity]
	card := []object{block(run(m.Title, object{"weight": "bolder", "size": "medium", "color": color}))}
	for line := range strings.SplitSeq(m.Text, "\n") {
		card = append(card, block(run(line, nil)))
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive",
		"content":     object{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": card},
	}}}
}
