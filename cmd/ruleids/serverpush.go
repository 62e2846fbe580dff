package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/study"
)

// A preview shows what a rule set changes, before agents get it.
type preview struct {
	app      *app
	client   *serverClient
	captures []string
	yes      bool
}

// show compares a rule set with the one that agents with a label run, by its text and, with captures, by its alerts, and asks whether
// to go on.
func (p *preview) show(ctx context.Context, dir string, set *bundle.Set, label string, key ed25519.PrivateKey) error {
	before, title, err := p.running(ctx, label, key)
	if err != nil {
		return err
	}
	if err := p.app.sayChanges(title, before, set); err != nil {
		return err
	}
	changes := false
	if len(p.captures) > 0 {
		if changes, err = p.alerts(ctx, dir, title, before); err != nil {
			return err
		}
	}
	return p.ask(changes)
}

// running returns the rule set that agents run; an empty one where there is none.
func (p *preview) running(ctx context.Context, label string, key ed25519.PrivateKey) (*bundle.Set, string, error) {
	var list api.RulesetList
	if err := p.client.ask(ctx, "GET", "/api/v1/rulesets", nil, &list); err != nil {
		return nil, "", err
	}
	for _, x := range list.Rulesets {
		if x.Label != label || x.State != rollout.Canary && x.State != rollout.Quarter && x.State != rollout.All {
			continue
		}
		var one api.RulesetBundle
		if err := p.client.ask(ctx, "GET", fmt.Sprintf("/api/v1/rulesets/%d", x.Number), nil, &one); err != nil {
			return nil, "", err
		}
		data, err := base64.StdEncoding.DecodeString(one.Bundle)
		if err != nil {
			return nil, "", err
		}
		set, err := bundle.Open(data, key.Public().(ed25519.PublicKey))
		if errors.Is(err, bundle.ErrSignature) {
			p.app.warn("rule set %d, which agents run, is signed with another key: what follows compares with none", x.Number)
			break
		}
		return set, fmt.Sprintf("rule set %d", x.Number), err
	}
	return &bundle.Set{}, "no rule set", nil
}

// sayChanges says which rules and lists of a set differ from those before.
func (a *app) sayChanges(title string, before, after *bundle.Set) error {
	b := bufio.NewWriter(a.err)
	fmt.Fprintf(b, "against %s:\n", title)
	was, is := parts(before), parts(after)
	all := maps.Clone(was)
	maps.Copy(all, is)
	n := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, had := was[name]
		text, has := is[name]
		mark := "~"
		switch {
		case had && has && old == text:
			continue
		case !had:
			mark = "+"
		case !has:
			mark = "-"
		}
		n++
		fmt.Fprintf(b, "  %s %s\n", mark, name)
	}
	if n == 0 {
		fmt.Fprintln(b, "  nothing differs")
	}
	return b.Flush()
}

// parts are the blocks of a set's rule files, as rule "x", and its other files, each with its text.
func parts(set *bundle.Set) map[string]string {
	out := map[string]string{}
	for _, f := range set.Files {
		file, diags := hclsyntax.ParseConfig([]byte(f.Text), f.Name, hcl.InitialPos)
		body, ok := (*hclsyntax.Body)(nil), false
		if strings.HasSuffix(f.Name, ".hcl") && !diags.HasErrors() {
			body, ok = file.Body.(*hclsyntax.Body)
		}
		if !ok {
			out["file "+f.Name] = f.Text
			continue
		}
		for _, block := range body.Blocks {
			name := block.Type
			for _, l := range block.Labels {
				name += fmt.Sprintf(" %q", l)
			}
			// Blocks without a label, and overrides of one rule, may be several.
			out[name] += f.Text[block.TypeRange.Start.Byte:block.CloseBraceRange.End.Byte]
		}
	}
	return out
}

// alerts shows what changes of the alerts on captures; it reports whether anything does.
func (p *preview) alerts(ctx context.Context, dir, title string, before *bundle.Set) (changes bool, err error) {
	d := &differ{app: p.app, captures: p.captures}
	captures, err := study.Captures(p.captures)
	if err != nil {
		return false, err
	}
	old := &ruleFlags{}
	if len(before.Files) > 0 {
		tmp, err := os.MkdirTemp("", "ruleids-push-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(tmp)
		if err := before.Write(tmp); err != nil {
			return false, err
		}
		old.paths = []string{tmp}
	}
	found, news, err := d.compare(ctx, nil, old, &ruleFlags{paths: []string{dir}}, captures)
	if err != nil {
		return false, err
	}
	w := &diffWriter{out: p.app.err, diff: found, old: title, new: dir, color: p.app.wantsColor(p.app.err)}
	if err := w.text(); err != nil {
		return false, err
	}
	for i := range news {
		if news[i].Fault != nil {
			return false, news[i].Fault
		}
	}
	return !found.Clean(), nil
}

// ask asks whether to go on. Without a terminal to ask at, alerts that change must have been accepted by --yes.
func (p *preview) ask(changes bool) error {
	if p.yes {
		return nil
	}
	in := terminal(p.app.in)
	if in == nil {
		if changes {
			return errors.New("the alerts change: nothing was pushed; with --yes it is")
		}
		return nil
	}
	fmt.Fprint(p.app.err, "Push it? [y/N] ")
	line, err := bufio.NewReader(in).ReadBytes('\n')
	if err != nil && len(line) == 0 {
		return err
	}
	if answer := strings.ToLower(string(bytes.TrimSpace(line))); answer != "y" && answer != "yes" {
		return errors.New("nothing was pushed")
	}
	return nil
}
