package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/event/honeypot"
	"github.com/ruleids/ruleids/event/logsource"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Section is a labelled block, of which there may be several, whose settings the package declares that it is for.
type Section[C any] struct {
	Kind, Name string // one of them is "" where the block has one label
	Config     C
	Range      hcl.Range // of the block's header

	places map[string]setting.Place
}

// The sections: output "kind" "name", reputation "kind", notifier "kind" "name", honeypot "name" and auth "kind" "name".
type (
	Output     = Section[output.Config]
	Reputation = Section[reputation.Config]
	Notifier   = Section[notify.Config]
	Honeypot   = Section[*honeypot.Config]
	AuthLog    = Section[logsource.Config]
)

// notifierKinds returns what makes the settings of each kind of notifier, with the one that package telegram brings.
func notifierKinds() map[string]func() notify.Config {
	kinds := notify.Kinds()
	kinds["telegram"] = func() notify.Config { return setting.New[telegram.Config]() }
	return kinds
}

// A reader reads a labelled block.
type reader func(*loader, *hclsyntax.Block)

// labelled are the blocks of which there may be several, with the functions that read them.
func labelled() map[string]reader {
	return map[string]reader{
		"output": func(l *loader, b *hclsyntax.Block) {
			section(l, b, &l.config.Outputs, `output "eve" "main" { … }, with a kind and a name`, output.Kinds())
		},
		"reputation": func(l *loader, b *hclsyntax.Block) {
			section(l, b, &l.config.Reputations, `reputation "virustotal" { … }, with a kind`, reputation.Kinds())
		},
		"notifier": func(l *loader, b *hclsyntax.Block) {
			section(l, b, &l.config.Notifiers, `notifier "webhook" "ops" { … }, with a kind and a name`, notifierKinds())
		},
		"honeypot": func(l *loader, b *hclsyntax.Block) {
			section(l, b, &l.config.Honeypots, `honeypot "front" { service = "ssh" listen = ":2222" }, with a name`,
				map[string]func() *honeypot.Config{"": setting.New[honeypot.Config]})
		},
		"auth": func(l *loader, b *hclsyntax.Block) {
			section(l, b, &l.config.Logs, `auth "file" "sshd" { path = "/var/log/auth.log" }, with a kind and a name`, logsource.Kinds())
		},
	}
}

// section reads a labelled block and adds it to a list. example shows its labels, of which kinds has the
// first, or "" alone where there are no kinds.
func section[C any](l *loader, b *hclsyntax.Block, to *[]Section[C], example string, kinds map[string]func() C) {
	names, one := slices.Sorted(maps.Keys(kinds)), kinds[""] != nil
	if n := strings.Count(example[:strings.Index(example, " {")], `"`) / 2; len(b.Labels) != n {
		if !one {
			example += "; the kinds are " + strings.Join(names, ", ")
		}
		l.report(diag.BadName, b.TypeRange, "Write %s block as %s.", an(b.Type), example)
		return
	}
	s := Section[C]{Range: b.DefRange()}
	what := an(b.Type)
	last := len(b.Labels) - 1
	if !one {
		s.Kind = b.Labels[0]
		what += ` of kind "` + s.Kind + `"`
	}
	if one || last > 0 {
		s.Name = b.Labels[last]
	}
	newConfig, ok := kinds[s.Kind]
	if !ok {
		l.report(diag.BadName, b.LabelRanges[0], "There is no kind of %s %q; the kinds are %s.%s", b.Type, s.Kind, strings.Join(names, ", "), diag.DidYouMean(s.Kind, names))
		return
	}
	s.Config = newConfig()
	first := slices.IndexFunc(*to, func(x Section[C]) bool { return x.Name == s.Name && (s.Name != "" || x.Kind == s.Kind) })
	if first >= 0 {
		l.report(diag.DuplicateName, b.LabelRanges[last], "The %s %q is already there in line %d. Give one of them another name.", b.Type, b.Labels[last], (*to)[first].Range.Start.Line)
	}
	block := setting.Block{What: upperFirst(what), Body: b.Body, Header: s.Range}
	var diags hcl.Diagnostics
	s.places, diags = block.Read(s.Config)
	l.diags = append(l.diags, diags...)
	for _, p := range setting.CheckTogether(s.places, s.Config) {
		at := s.Range
		if place, ok := s.places[p.Setting]; ok {
			at = place.Value
		}
		l.report(diag.BadValue, at, "%s", p.Error())
	}
	l.blot(s.places)
	if first < 0 {
		*to = append(*to, s)
	}
}

// sections are all sections of a type of block.
type sections struct {
	block   string
	ids     []string // as `config show` names them, "output.eve.main"
	configs []any
	places  []map[string]setting.Place
}

func sectionsOf[C any](block string, list []Section[C]) sections {
	out := sections{block: block}
	for _, s := range list {
		id := block
		for _, label := range []string{s.Kind, s.Name} {
			if label != "" {
				id += "." + label
			}
		}
		out.ids, out.configs, out.places = append(out.ids, id), append(out.configs, s.Config), append(out.places, s.places)
	}
	return out
}

func (c *Config) sections() []sections {
	return []sections{sectionsOf("output", c.Outputs), sectionsOf("reputation", c.Reputations), sectionsOf("notifier", c.Notifiers), sectionsOf("honeypot", c.Honeypots), sectionsOf("auth", c.Logs)}
}

// specs makes what a package takes of sections.
func specs[C, S any](list []Section[C], spec func(Section[C]) S) []S {
	out := make([]S, len(list))
	for i, s := range list {
		out[i] = spec(s)
	}
	return out
}

// OutputSpecs returns the outputs as package output takes them.
func (c *Config) OutputSpecs() []output.Spec {
	return specs(c.Outputs, func(s Output) output.Spec { return output.Spec{Name: s.Name, Config: s.Config} })
}

// ReputationSpecs returns the sources as package reputation takes them.
func (c *Config) ReputationSpecs() []reputation.Spec {
	return specs(c.Reputations, func(s Reputation) reputation.Spec { return reputation.Spec{Kind: s.Kind, Config: s.Config} })
}

// NotifierSpecs returns the notifiers as package notify takes them.
func (c *Config) NotifierSpecs() []notify.Spec {
	return specs(c.Notifiers, func(s Notifier) notify.Spec { return notify.Spec{Kind: s.Kind, Name: s.Name, Config: s.Config} })
}

// HoneypotSpecs returns the honeypots as package honeypot takes them.
func (c *Config) HoneypotSpecs() []honeypot.Spec {
	return specs(c.Honeypots, func(s Honeypot) honeypot.Spec { return honeypot.Spec{Name: s.Name, Config: s.Config} })
}

// LogSpecs returns the logs of logins as package logsource takes them.
func (c *Config) LogSpecs() []logsource.Spec {
	return specs(c.Logs, func(s AuthLog) logsource.Spec { return logsource.Spec{Kind: s.Kind, Name: s.Name, Config: s.Config} })
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

func an(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
