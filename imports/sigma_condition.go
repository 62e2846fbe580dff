package imports

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sigmaCondition translates a condition on selections: and, or, not, brackets, "1 of x*", "all of them". Those that are wider
// than they were written, as their status is not looked at, cannot be excluded: what is would be more than the rule says.
func sigmaCondition(text string, selections map[string]string, wider map[string]bool) (string, error) {
	p := &sigmaParser{words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "|", " | ").Replace(text)), selections: selections, wider: wider}
	out, err := p.or(0)
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("a condition with %s", oneLine(p.words[0], 30))
	}
	return out, err
}

type sigmaParser struct {
	words      []string
	selections map[string]string
	wider      map[string]bool
	met        bool // a selection that is wider
}

func (p *sigmaParser) next(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *sigmaParser) or(depth int) (string, error)  { return p.series(depth, "or", p.and) }
func (p *sigmaParser) and(depth int) (string, error) { return p.series(depth, "and", p.not) }

func (p *sigmaParser) series(depth int, op string, part func(int) (string, error)) (string, error) {
	var conds []string
	for {
		c, err := part(depth)
		if err != nil {
			return "", err
		}
		conds = append(conds, c)
		if !p.next(op) {
			return join(conds, " "+op+" "), nil
		}
	}
}

func (p *sigmaParser) not(depth int) (string, error) {
	if depth > 50 {
		return "", fmt.Errorf("a condition that is nested too deep")
	}
	if p.next("not") {
		around := p.met
		p.met = false
		c, err := p.not(depth + 1)
		if err == nil && p.met {
			err = errors.New(errSides)
		}
		p.met = p.met || around
		return "not (" + c + ")", err
	}
	if p.next("(") {
		c, err := p.or(depth + 1)
		if err == nil && !p.next(")") {
			err = fmt.Errorf("a condition with a bracket that is not closed")
		}
		return c, err
	}
	op := ""
	if len(p.words) > 2 && strings.EqualFold(p.words[1], "of") {
		switch strings.ToLower(p.words[0]) {
		case "1", "any":
			op = " or "
		case "all":
			op = " and "
		}
	}
	if op == "" {
		if len(p.words) == 0 {
			return "", fmt.Errorf("a condition that ends too early")
		}
		word := p.words[0]
		c, ok := p.selections[word]
		if !ok {
			return "", fmt.Errorf("a condition with %s", oneLine(word, 30))
		}
		p.words = p.words[1:]
		p.met = p.met || p.wider[word]
		return c, nil
	}
	pattern := p.words[2]
	p.words = p.words[3:]
	var conds []string
	for _, name := range sortedNames(p.selections) {
		prefix, wild := strings.CutSuffix(pattern, "*")
		if strings.EqualFold(pattern, "them") && !strings.HasPrefix(name, "_") || wild && strings.HasPrefix(name, prefix) || name == pattern {
			conds = append(conds, p.selections[name])
			p.met = p.met || p.wider[name]
		}
	}
	if len(conds) == 0 {
		return "", fmt.Errorf("a condition on selections that are not there")
	}
	return join(conds, op), nil
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
