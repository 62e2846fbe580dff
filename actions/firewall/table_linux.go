package firewall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// setNames returns the names of the sets in our table, and whether there is one.
func setNames(c *nftables.Conn) (map[string]bool, bool, error) {
	if _, err := c.ListTableOfFamily(ourName, nftables.TableFamilyINet); isAbsent(err) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	sets, err := c.GetSets(ourTable())
	if err != nil {
		return nil, false, err
	}
	out := map[string]bool{}
	for _, s := range sets {
		out[s.Name] = true
	}
	return out, true, nil
}

// mend makes what is missing of the table, in one transaction, and says what that was. The first time, chains
// that are not in the settings any more go.
func (n *nft) mend() (missing []string, err error) {
	c, err := n.conn()
	if err != nil {
		return nil, fmt.Errorf("nftables: %w", err)
	}
	fail := func(err error) ([]string, error) { return missing, explainNft(err) }
	before, err := n.generation()
	if err != nil {
		return nil, err
	}
	sets, there, err := setNames(c)
	if err != nil {
		return fail(err)
	}
	t := ourTable()
	have := map[string]*nftables.Chain{}
	if !there {
		missing = append(missing, "the table inet "+ourName)
		c.AddTable(t)
	} else {
		chains, err := c.ListChainsOfTableFamily(nftables.TableFamilyINet)
		if err != nil {
			return fail(err)
		}
		for _, ch := range chains {
			if ch.Table.Name == ourName {
				have[ch.Name] = ch
			}
		}
	}
	for i := range setCount {
		for _, s := range []*nftables.Set{n.addressSet(setID(i)), n.prefixSet(setID(i))} {
			if sets[s.Name] {
				continue
			}
			if there {
				missing = append(missing, "the set "+s.Name)
			}
			if err := c.AddSet(s, nil); err != nil {
				return fail(err)
			}
		}
	}
	for _, l := range n.layouts() {
		ch := have[l.Name]
		var wrong string
		switch {
		case ch == nil:
			wrong = "the chain " + l.Name
		case l.Hooknum != nil && (ch.Hooknum == nil || *ch.Hooknum != *l.Hooknum || ch.Priority == nil || *ch.Priority != *l.Priority):
			return fail(fmt.Errorf("the chain %s is not that of ruleids; remove it with: nft delete table inet %s", l.Name, ourName))
		default:
			rules, err := c.GetRules(t, l.Chain)
			if err != nil {
				return fail(err)
			}
			same := slices.EqualFunc(rules, l.rules, func(r *nftables.Rule, es []expr.Any) bool { return outline(r.Exprs) == outline(es) })
			if same {
				continue
			}
			wrong = "rules of the chain " + l.Name
		}
		if there {
			missing = append(missing, wrong)
		}
		c.AddChain(l.Chain)
		c.FlushChain(l.Chain)
		for _, es := range l.rules {
			c.AddRule(&nftables.Rule{Table: t, Chain: l.Chain, Exprs: es})
		}
	}
	commits := min(len(missing), 1)
	if !n.mended {
		for _, hook := range hookNames() {
			if ch := have[strings.ToLower(hook)]; ch != nil && !slices.Contains(n.config.Hooks, hook) {
				c.DelChain(ch)
				commits = 1
			}
		}
	}
	if err := c.Flush(); err != nil {
		return fail(err)
	}
	n.wanted, n.mended = true, true
	n.advance(before, commits)
	return missing, nil
}

func explainNft(err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPROTONOSUPPORT) {
		return fmt.Errorf("nftables: %w; the kernel has no nf_tables, or this process may not use it: keep CAP_NET_ADMIN", err)
	}
	return fmt.Errorf("nftables: %w", err)
}

// repair implements keeper. While the generation is that at which everything was right, nothing was changed.
func (n *nft) repair(ctx context.Context) (missing []string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.after(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	generation, err := n.generation()
	if err != nil || n.known && n.sound && generation == n.seen {
		return nil, err
	}
	if !n.synced {
		if err := n.sync(); err != nil {
			return nil, err
		}
	}
	if !n.wanted {
		return nil, nil
	}
	missing, err = n.mend()
	if err != nil {
		return missing, err
	}
	if n.known && len(missing) == 0 {
		n.sound = true
		return nil, nil
	}
	n.known = false
	if generation, err = n.generation(); err != nil {
		return missing, err
	}
	made := map[string]bool{}
	for _, m := range missing {
		made[m] = true
	}
	addrs, nets, _, parts, err := n.read()
	if err != nil {
		return missing, err
	}
	if !made["the table inet "+ourName] {
		for i := range setCount {
			id := setID(i)
			now := time.Now().Unix()
			if !made["the set "+id.name()] {
				missing = append(missing, n.addrs[i].differences(id.name(), addrs[i], now)...)
			}
			strange := n.nets[i].differences(id.name()+"_nets", nets[i], now)
			// The pieces of prefixes whose time is over just now may be there or not.
			most := len(intervals(n.nets[i]))
			soon := roll{}
			for p, until := range n.nets[i] {
				if until == 0 || until > now+slack {
					soon[p] = until
				}
			}
			if name := id.name() + "_nets"; made["the set "+name] {
				continue
			} else if len(strange) > 0 {
				missing = append(missing, strange...)
			} else if parts[i] < len(intervals(soon)) || parts[i] > most {
				missing = append(missing, "parts of prefixes of the set "+name)
			}
		}
	}
	if len(missing) == 0 {
		n.known, n.sound, n.seen = true, true, generation
		n.advance(generation, 0)
	}
	return missing, nil
}

// show implements keeper.
func (n *nft) show(ctx context.Context) (s State, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.after(&err)
	s.Backend = Nftables
	if err := ctx.Err(); err != nil {
		return s, err
	}
	c, err := n.conn()
	if err != nil {
		return s, err
	}
	sets, there, err := setNames(c)
	if err != nil || !there {
		return s, err
	}
	s.Installed = true
	chains, err := c.ListChainsOfTableFamily(nftables.TableFamilyINet)
	if err != nil {
		return s, explainNft(err)
	}
	there = false
	position := map[string]int{}
	for _, ch := range chains {
		if ch.Table.Name != ourName {
			continue
		}
		there = there || ch.Name == ourName
		rules, err := c.GetRules(ourTable(), ch)
		if err != nil {
			return s, explainNft(err)
		}
		for i, r := range rules {
			if v, ok := r.Exprs[len(r.Exprs)-1].(*expr.Verdict); ok && v.Chain == ourName {
				position[strings.ToUpper(ch.Name)] = i + 1
			}
			if rule, ok := readRule(r); ok && ch.Name == ourName {
				s.Rules = append(s.Rules, rule)
			}
		}
	}
	for _, hook := range n.config.hooks() {
		s.Jumps = append(s.Jumps, Jump{Family: "inet", Table: ourName, Chain: strings.ToLower(hook), Position: position[hook], To: ourName})
	}
	addrs, nets, _, _, err := n.read()
	if err != nil {
		return s, err
	}
	for i := range setCount {
		id := setID(i)
		for name, r := range map[string]roll{id.name(): addrs[i], id.name() + "_nets": nets[i]} {
			if sets[name] {
				s.Sets = append(s.Sets, Set{Name: name, Family: id.family(), Kind: id.kind(), Members: len(r), Size: n.config.SetSize})
			}
		}
	}
	slices.SortFunc(s.Sets, func(a, b Set) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// flush implements keeper.
func (n *nft) flush(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := removeTable(); err != nil {
		return err
	}
	n.wanted, n.mended, n.known, n.sound, n.synced = false, false, false, false, true
	n.addrs, n.nets = newRolls(), newRolls()
	return removeXtables(ctx)
}

// removeTable removes our table.
func removeTable() error {
	c, err := nftables.New(nftables.WithSockOptions(socketOptions))
	if err != nil {
		return err
	}
	if _, there, err := setNames(c); errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil // a kernel without nf_tables has no table
	} else if err != nil || !there {
		return err
	}
	c.DelTable(ourTable())
	if err := c.Flush(); err != nil && !isAbsent(err) {
		return explainNft(err)
	}
	return nil
}

// removeXtables removes what the backend "iptables" put there.
func removeXtables(ctx context.Context) error {
	var errs []error
	for _, f := range others(nil) {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, f.remove())
	}
	return errors.Join(append(errs, removeSets())...)
}

// hasNftChain reports whether iptables-nft has a chain of ours for a family, without running it: it would make tables.
func hasNftChain(name string) bool {
	family := nftables.TableFamilyIPv4
	if name == "ipv6" {
		family = nftables.TableFamilyIPv6
	}
	c, err := nftables.New(nftables.WithSockOptions(socketOptions))
	if err != nil {
		return false
	}
	chains, err := c.ListChainsOfTableFamily(family)
	return err == nil && slices.ContainsFunc(chains, func(ch *nftables.Chain) bool {
		return ch.Name == chain && ch.Table.Name == table
	})
}
