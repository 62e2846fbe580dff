package firewall

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-iptables/iptables"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

const (
	table = "filter"
	chain = "RULEIDS"
	// lockWait is how many seconds the iptables program waits for others that run it.
	lockWait = 5
	// maxMoves is how often the jump is put before those of others, in moveSpan: some programs put theirs first when
	// they start, as Docker does, and no program wins against one that does so all the time.
	maxMoves = 5
	moveSpan = time.Hour
)

// A family is an iptables program for one family of addresses. Its methods are for one goroutine at a time.
type family struct {
	name  string // "ipv4", "ipv6"
	path  string
	ipt   *iptables.IPTables
	moves map[string][]time.Time // of the jump, by chain
}

// programs finds the iptables programs.
func (x *xtables) programs() ([]*family, error) {
	if x.families != nil {
		return x.families, nil
	}
	path := cmp.Or(x.config.Iptables, "iptables")
	families, err := programsAt(path)
	if err != nil {
		return nil, err
	}
	x.families = families
	return families, nil
}

// programsAt returns the iptables program at a path, or of a name, and its namesake for IPv6.
func programsAt(path string) ([]*family, error) {
	dir, base := filepath.Split(path)
	if !strings.HasPrefix(base, "ip") {
		return nil, fmt.Errorf("setting iptables: the program %s has a name that does not begin with \"ip\", so that its namesake for IPv6 is unknown", path)
	}
	protos := []iptables.Protocol{iptables.ProtocolIPv4}
	if hasIPv6() {
		protos = append(protos, iptables.ProtocolIPv6)
	}
	var out []*family
	for _, p := range protos {
		f := &family{name: "ipv4", path: dir + base, moves: map[string][]time.Time{}}
		if p == iptables.ProtocolIPv6 {
			f.name, f.path = "ipv6", dir+"ip6"+strings.TrimPrefix(base, "ip")
		}
		full, err := exec.LookPath(f.path)
		if err != nil {
			return nil, fmt.Errorf("the program %s is needed: %w; install iptables, name it with the setting iptables, or write backend = \"nftables\"", f.path, err)
		}
		f.path = full
		if f.ipt, err = iptables.New(iptables.IPFamily(p), iptables.Timeout(lockWait), iptables.Path(full)); err != nil {
			return nil, fmt.Errorf("%s: %w", full, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// others returns the programs of the other kind of iptables where that has a chain of ours, from before someone changed
// the alternative. iptables-legacy is not run where its tables are not there, for it would make them.
func others(have []*family) (out []*family) {
	if names, err := os.ReadFile("/proc/net/ip_tables_names"); err == nil && slices.Contains(strings.Fields(string(names)), table) {
		if fs, err := programsAt("iptables-legacy"); err == nil {
			out = append(out, fs...)
		}
	}
	if fs, err := programsAt("iptables-nft"); err == nil && (hasNftChain("ipv4") || hasNftChain("ipv6")) {
		out = append(out, fs...)
	}
	return slices.DeleteFunc(out, func(f *family) bool {
		return slices.ContainsFunc(have, func(g *family) bool { return f.path == g.path })
	})
}

// matchRules are the rules of the chain, in order, as the program prints their beginnings.
func (f *family) matchRules(verdict string) (specs [][]string) {
	for i := range setCount {
		if id := setID(i); id.family() == f.name {
			specs = append(specs, []string{"-m", "set", "--match-set", setPrefix + id.name(), "src", "-j", strings.ToUpper(verdict)})
		}
	}
	return specs
}

// rules returns the rules of a chain as the program prints them, without the words that say which chain; nil and false
// where there is no chain.
func (f *family) rules(name string, counters bool) ([]string, bool, error) {
	list := f.ipt.List
	if counters {
		list = f.ipt.ListWithCounters
	}
	lines, err := list(table, name)
	if err != nil {
		if e, ok := errors.AsType[*iptables.Error](err); ok && (e.IsNotExist() || strings.Contains(err.Error(), "is incompatible")) {
			// iptables-nft 1.8.9 calls a chain incompatible that is not there.
			return nil, strings.Contains(err.Error(), "is incompatible") && hasNftChain(f.name), nil
		}
		return nil, false, f.explain(err)
	}
	rules := []string{}
	for _, l := range lines {
		if rule, ok := strings.CutPrefix(l, "-A "+name+" "); ok {
			rules = append(rules, rule)
		}
	}
	return rules, true, nil
}

// explain adds what is to be done about an error.
func (f *family) explain(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ") // the program's own has several lines
	if strings.Contains(text, "lock file") {
		return fmt.Errorf("%s: %s; let the account of the daemon read %s, or use iptables-nft, which needs no lock", f.name, text, LockFile)
	}
	return fmt.Errorf("%s: %s", f.name, text)
}

// isOurs reports whether a rule is the one of a specification. The program adds to REJECT with what.
func isOurs(rule string, spec []string) bool {
	want := strings.Join(spec, " ")
	return rule == want || strings.HasPrefix(rule, want+" --reject-with ")
}

// mend makes what is missing of the chain, its rules and the jumps to it.
func (f *family) mend(c *Config, log *slog.Logger, first bool) (missing []string, err error) {
	have, there, err := f.rules(chain, false)
	if err != nil {
		return nil, err
	}
	want := f.matchRules(c.Verdict)
	if !there {
		missing = append(missing, fmt.Sprintf("the chain %s of %s", chain, f.name))
	} else if !slices.EqualFunc(have, want, isOurs) {
		missing = append(missing, fmt.Sprintf("rules of the chain %s of %s", chain, f.name))
	}
	if missing != nil {
		if err := f.ipt.ClearChain(table, chain); err != nil {
			return missing, f.explain(err)
		}
		for _, spec := range want {
			if err := f.ipt.Append(table, chain, spec...); err != nil {
				return missing, f.explain(err)
			}
		}
	}
	for _, hook := range hookNames() {
		if !slices.Contains(c.Hooks, hook) {
			if first {
				if err := f.unhook(hook); err != nil {
					return missing, err
				}
			}
			continue
		}
		what, err := f.mendJump(hook, log)
		if what != "" {
			missing = append(missing, what)
		}
		if err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// jumps returns the positions of jumps to our chain, from 1.
func jumps(rules []string) (at []int) {
	for i, r := range rules {
		if r == "-j "+chain {
			at = append(at, i+1)
		}
	}
	return at
}

// mendJump puts the jump first in a chain of the kernel's. A rule before ours could let packets pass that are to be
// kept out.
func (f *family) mendJump(hook string, log *slog.Logger) (what string, err error) {
	rules, _, err := f.rules(hook, false)
	if err != nil {
		return "", err
	}
	at := jumps(rules)
	switch {
	case len(at) > 0 && at[0] == 1:
		return "", nil
	case len(at) == 0:
		what = fmt.Sprintf("the jump from %s of %s", hook, f.name)
	case !f.mayMove(hook, time.Now()):
		return "", nil
	default:
		what = fmt.Sprintf("the jump from %s of %s was not first, but behind %q", hook, f.name, rules[0])
		if len(f.moves[hook]) == maxMoves {
			log.Warn("another program puts its rule before the jump of ruleids again and again; for a while it is left there",
				"family", f.name, "chain", hook, "rule", rules[0])
		}
	}
	if err := f.ipt.Insert(table, hook, 1, "-j", chain); err != nil {
		return what, f.explain(err)
	}
	// The old ones go after the new one is there, so that nothing passes meanwhile; the last first, which moves no other.
	for _, p := range slices.Backward(at) {
		if err := f.ipt.DeleteById(table, hook, p+1); err != nil {
			return what, f.explain(err)
		}
	}
	return what, nil
}

// mayMove takes down a move of the jump and reports whether it may be.
func (f *family) mayMove(hook string, now time.Time) bool {
	f.moves[hook] = slices.DeleteFunc(f.moves[hook], func(t time.Time) bool { return now.Sub(t) > moveSpan })
	if len(f.moves[hook]) >= maxMoves {
		return false
	}
	f.moves[hook] = append(f.moves[hook], now)
	return true
}

// unhook removes all jumps to our chain from another.
func (f *family) unhook(from string) error {
	rules, _, err := f.rules(from, false)
	if err != nil {
		return err
	}
	for i, r := range slices.Backward(rules) {
		if strings.HasSuffix(r, "-j "+chain) || strings.HasSuffix(r, "-g "+chain) {
			if err := f.ipt.DeleteById(table, from, i+1); err != nil {
				return f.explain(err)
			}
		}
	}
	return nil
}

// remove removes the chain and all that jumps to it.
func (f *family) remove() error {
	_, there, err := f.rules(chain, false)
	if err != nil || !there {
		return err
	}
	names, err := f.ipt.ListChains(table)
	if err != nil {
		return f.explain(err)
	}
	for _, name := range names {
		if name == chain {
			continue
		}
		if err := f.unhook(name); err != nil {
			return err
		}
	}
	if err := f.ipt.ClearAndDeleteChain(table, chain); err != nil {
		return f.explain(err)
	}
	return nil
}

// removeSets removes all sets of ours.
func removeSets() error {
	var errs []error
	for i := range setCount {
		for _, name := range []string{setPrefix + setID(i).name(), setPrefix + setID(i).name() + "-new"} {
			err := explain(destroy(name))
			if errors.Is(err, errNoIpset) && !errors.Is(err, unix.EPERM) {
				return nil // a kernel without ipset has no set
			}
			if err != nil && !errors.Is(err, unix.ENOENT) {
				errs = append(errs, fmt.Errorf("the set %s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// destroyTries is how often a set is tried to be destroyed: for some milliseconds after the removal of a rule, the
// kernel still counts its reference to the set.
const destroyTries = 50

func destroy(name string) (err error) {
	for range destroyTries {
		if err = netlink.IpsetDestroy(name); !errors.Is(err, nl.IPSetError(nl.IPSET_ERR_BUSY)) && !errors.Is(err, nl.IPSetError(nl.IPSET_ERR_REFERENCED)) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// show adds jumps and rules to a state.
func (f *family) show(c *Config, s *State) error {
	major, minor, patch := f.ipt.GetIptablesVersion()
	if s.Program == "" {
		s.Program = fmt.Sprintf("%s %d.%d.%d", f.path, major, minor, patch)
	}
	rules, there, err := f.rules(chain, true)
	if err != nil || !there {
		return err
	}
	s.Installed = true
	for _, hook := range hookNames() {
		lines, _, err := f.rules(hook, false)
		if err != nil {
			return err
		}
		j := Jump{Family: f.name, Table: table, Chain: hook, To: chain}
		if at := jumps(lines); len(at) > 0 {
			j.Position = at[0]
		} else if !slices.Contains(c.Hooks, hook) {
			continue
		}
		s.Jumps = append(s.Jumps, j)
	}
	for _, text := range rules {
		if r, ok := f.parseRule(text); ok {
			s.Rules = append(s.Rules, r)
		}
	}
	return nil
}

// parseRule reads a rule with counters: "-m set --match-set ruleids-block4 src -c 3 252 -j DROP".
func (f *family) parseRule(text string) (Rule, bool) {
	r := Rule{Family: f.name, Chain: chain}
	words := strings.Fields(text)
	for i, w := range words {
		switch {
		case w == "--match-set" && i+1 < len(words):
			r.Set = words[i+1]
		case w == "-c" && i+2 < len(words):
			r.Packets, _ = strconv.ParseUint(words[i+1], 10, 64)
			r.Bytes, _ = strconv.ParseUint(words[i+2], 10, 64)
		}
	}
	for i := range setCount {
		if id := setID(i); r.Set == setPrefix+id.name() {
			r.Kind = id.kind()
			return r, true
		}
	}
	return r, false
}
