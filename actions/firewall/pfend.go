package firewall

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// plan sets the timer for the member that ends first.
func (p *pf) plan() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next != nil {
		p.next.Stop()
		p.next = nil
	}
	first := int64(0)
	for _, r := range p.rolls {
		for _, until := range r {
			if until != 0 && (first == 0 || until < first) {
				first = until
			}
		}
	}
	if first != 0 && p.ctx.Err() == nil {
		p.next = time.AfterFunc(time.Until(time.Unix(first, 0)), p.end)
	}
}

// endAgain is how long it takes until members that could not be ended are tried again.
const endAgain = 5 * time.Second

// end removes the members whose time is over.
func (p *pf) end() {
	p.working.Lock()
	defer p.working.Unlock()
	now := time.Now().Unix()
	for i := range p.rolls {
		id := setID(i)
		var over []decision.Change
		p.mu.Lock()
		for prefix, until := range p.rolls[id] {
			if until != 0 && until <= now {
				over = append(over, decision.Change{Remove: true, Member: member(prefix, id.kind(), untilOf(until))})
			}
		}
		p.mu.Unlock()
		if len(over) == 0 {
			continue
		}
		if err := p.members(p.ctx, id.kind(), "delete", over); err != nil {
			if p.ctx.Err() == nil {
				p.log.Error("members whose time is over are still kept out; trying again", "backend", Pf, "error", err)
				time.AfterFunc(endAgain, p.end)
			}
			return
		}
		p.note(id, over, nil, time.Now())
	}
	p.plan()
}

// repair implements keeper.
func (p *pf) repair(ctx context.Context) (missing []string, err error) {
	p.working.Lock()
	defer p.working.Unlock()
	if !p.ready.Load() {
		return nil, nil // nothing needs it yet
	}
	if missing, err = p.install(ctx); err != nil {
		return missing, err
	}
	now := time.Now().Unix()
	for _, k := range kinds() {
		there, err := p.table(ctx, k)
		if err != nil {
			return missing, err
		}
		have := newRolls()
		for _, prefix := range there {
			id, _ := setOf(k, prefix.Addr().Is4())
			have[id][prefix] = 0
		}
		p.mu.Lock()
		for i := range have {
			if setID(i).kind() != k {
				continue
			}
			for prefix := range have[i] {
				have[i][prefix] = p.rolls[i][prefix] // pf knows no end, so that it cannot be another
			}
			// Of a copy: what is over has to stay on the roll until it was ended.
			missing = append(missing, maps.Clone(p.rolls[i]).differences(setID(i).name(), have[i], now)...)
		}
		p.mu.Unlock()
	}
	return missing, nil
}

// show implements keeper.
func (p *pf) show(ctx context.Context) (State, error) {
	s := State{Backend: Pf, Program: "pfctl"}
	counts, err := p.labels(ctx)
	if err != nil {
		return s, err
	}
	main, _, err := p.run(ctx, "", "-s", "rules")
	if err != nil {
		return s, err
	}
	position, n := 0, 0
	for line := range lines(main) {
		n++
		if position == 0 && isAnchor(line) {
			position = n
		}
	}
	for _, k := range kinds() {
		c, there := counts[k]
		if there {
			s.Installed = true
			s.Rules = append(s.Rules, Rule{Family: "inet", Chain: anchor, Set: string(k), Kind: k, Count: c})
		}
		prefixes, err := p.table(ctx, k)
		if err != nil {
			return s, err
		}
		s.Installed = s.Installed || len(prefixes) > 0
		s.Sets = append(s.Sets, Set{Name: string(k), Family: "inet", Kind: k, Members: len(prefixes)})
	}
	if s.Installed {
		s.Jumps = []Jump{{Family: "inet", Table: "pf", Chain: "main", Position: position, To: anchor}}
	}
	return s, nil
}

// flush implements keeper.
func (p *pf) flush(ctx context.Context) error {
	p.working.Lock()
	defer p.working.Unlock()
	for _, what := range []string{"rules", "Tables"} {
		if _, complaint, err := p.run(ctx, "", "-a", anchor, "-F", what); err != nil && !strings.Contains(complaint, "does not exist") {
			return fmt.Errorf("the anchor %s: %w", anchor, err)
		}
	}
	p.ready.Store(false)
	p.mu.Lock()
	p.rolls = newRolls()
	p.mu.Unlock()
	p.plan()
	return nil
}
