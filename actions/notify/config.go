package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one notifier, as NewConfig returns them with every default set. Other packages
// bring kinds of their own. It is a pointer to a struct whose fields with hcl tags are attributes of the block
// `notifier "kind" "name"`; those of Common are attributes of the same block, and Decode fills both.
type Config interface {
	// Validate returns all that is wrong with the settings, those of Common included. It looks at no file and
	// no network, and tells no secret.
	Validate() []Problem
	// Resolve makes relative paths relative to a folder, that of the settings file.
	Resolve(dir string)
	// Open reads the secrets and makes what carries the messages. It returns an error where trying again will
	// not help, and contacts nobody. It is called again to read the secrets anew; the Transport before is
	// closed after that.
	Open(opt Options) (Transport, error)
	// Common returns the settings that every kind has, in place.
	Common() *Common
}

// A Problem is what is wrong with one setting.
type Problem = setting.Problem

// kinds makes the settings of each kind of notifier, by the name of the kind.
func kinds() map[string]func() Config {
	return map[string]func() Config{
		"discord":   func() Config { return NewDiscord() },
		"email":     func() Config { return NewEmail() },
		"matrix":    func() Config { return NewMatrix() },
		"ntfy":      func() Config { return NewNtfy() },
		"pagerduty": func() Config { return NewPagerDuty() },
		"shoutrrr":  func() Config { return NewShoutrrr() },
		"slack":     func() Config { return NewSlack() },
		"teams":     func() Config { return NewTeams() },
		"webhook":   func() Config { return NewWebhook() },
	}
}

// Kinds returns the kinds of notifiers of this package, sorted.
func Kinds() []string {
	var out []string
	for k := range kinds() {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// NewConfig returns the defaults of a kind of notifier. The error names the kinds that there are.
func NewConfig(kind string) (Config, error) {
	if f, ok := kinds()[kind]; ok {
		return f(), nil
	}
	return nil, fmt.Errorf("there is no kind of notifier %q; there are %s", kind, strings.Join(Kinds(), ", "))
}

// Decode reads a block's body into the settings; what the block does not set keeps its default.
func Decode(body hcl.Body, ctx *hcl.EvalContext, c Config) hcl.Diagnostics {
	all := &hcl.BodySchema{}
	for _, part := range []any{c, c.Common()} {
		schema, _ := gohcl.ImpliedBodySchema(part)
		all.Attributes = append(all.Attributes, schema.Attributes...)
	}
	// All together first: an unknown attribute is compared with all that there are.
	if _, diags := body.Content(all); diags.HasErrors() {
		return diags
	}
	// Then each struct gets a body from which the attributes of the other are taken.
	own, _ := gohcl.ImpliedBodySchema(c)
	common, _ := gohcl.ImpliedBodySchema(c.Common())
	_, ofKind, diags := body.PartialContent(common)
	_, ofAll, more := body.PartialContent(own)
	diags = append(diags, more...)
	diags = append(diags, gohcl.DecodeBody(ofKind, ctx, c)...)
	return append(diags, gohcl.DecodeBody(ofAll, ctx, c.Common())...)
}

// Settings returns the names of a block's attributes: those of the kind, sorted, then those of every kind, sorted.
func Settings(c Config) []string {
	var out []string
	for _, part := range []any{c, c.Common()} {
		schema, _ := gohcl.ImpliedBodySchema(part)
		for _, a := range schema.Attributes {
			out = append(out, a.Name)
		}
	}
	return out
}
