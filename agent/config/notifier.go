package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/telegram"
)

// A Notifier is a block `notifier "kind" "name"`.
type Notifier = Section[notify.Config]

// kindTelegram is the kind of notifier that package telegram brings.
const kindTelegram = "telegram"

// NotifierKinds returns the kinds of notifiers that there are, sorted.
func NotifierKinds() []string {
	out := append(notify.Kinds(), kindTelegram)
	slices.Sort(out)
	return out
}

// NewNotifier returns the defaults of a kind of notifier. The error names the kinds that there are.
func NewNotifier(kind string) (notify.Config, error) {
	if kind == kindTelegram {
		return telegram.New(), nil
	}
	return notify.NewConfig(kind)
}

// NotifierSpecs returns the notifiers as package notify takes them.
func (c *Config) NotifierSpecs() []notify.Spec {
	out := make([]notify.Spec, len(c.Notifiers))
	for i, n := range c.Notifiers {
		out[i] = notify.Spec{Kind: n.Kind, Name: n.Name, Config: n.Config}
	}
	return out
}

// TelegramSpecs returns the notifiers of kind "telegram", as package telegram takes them.
func (c *Config) TelegramSpecs() []telegram.Spec {
	var out []telegram.Spec
	for _, n := range c.Notifiers {
		if t, ok := n.Config.(*telegram.Config); ok {
			out = append(out, telegram.Spec{Name: n.Name, Config: t})
		}
	}
	return out
}

// notifier reads a notifier block.
func (l *loader) notifier(b *hclsyntax.Block) {
	if !l.labels(b, 2, `notifier "webhook" "ops" { … }, with a kind and a name; the kinds are `+strings.Join(NotifierKinds(), ", ")) {
		return
	}
	n := Notifier{Kind: b.Labels[0], Name: b.Labels[1], Range: b.DefRange()}
	cfg, err := NewNotifier(n.Kind)
	if err != nil {
		l.noKind(b, NotifierKinds())
		return
	}
	if i := slices.IndexFunc(l.config.Notifiers, func(x Notifier) bool { return x.Name == n.Name }); i >= 0 {
		l.twice(b, 1, l.config.Notifiers[i].Range)
		return
	}
	n.parts = []any{cfg, cfg.Common()}
	n.from = l.section(b, `a notifier of kind "`+n.Kind+`"`, n.parts, func() []fault {
		return faults(cfg.Validate(), func(p notify.Problem) (string, string) { return p.Setting, p.Detail })
	}, cfg.Resolve)
	if n.from != nil {
		n.Config = cfg
		l.config.Notifiers = append(l.config.Notifiers, n)
	}
}
