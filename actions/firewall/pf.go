package firewall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// anchor is what /etc/pf.conf has to name: rules in it come where that line is.
const anchor = "com.ruleids"

// A pfRunner runs pfctl with standard input, and returns standard output and standard error.
type pfRunner func(ctx context.Context, input string, args ...string) (output, complaint string, err error)

// pf is the backend of the same name: an anchor with a table for each kind of decision, both of IPv4 and IPv6, and a rule for each
// table. Members of tables have no end in pf (pf.conf(5)): this ends them while it lives, and the Store does
// so at the next start for those that were left.
type pf struct {
	config  *Config
	system  string // GOOS
	run     pfRunner
	log     *slog.Logger
	ctx     context.Context // done after Close
	stop    context.CancelFunc
	working sync.Mutex  // one at a time changes the anchor
	ready   atomic.Bool // the anchor was there at the last look

	mu    sync.Mutex
	rolls rolls
	next  *time.Timer // for the member that ends first; nil for none
}

func newPf(config *Config, system string, run pfRunner, log *slog.Logger) *pf {
	p := &pf{config: config, system: system, run: run, log: log, rolls: newRolls()}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// rules is what the anchor holds besides members. Loading it leaves members where they are: persist tables whose
// definition does not change keep them.
func (p *pf) rules() string {
	var b strings.Builder
	hooks := p.config.hooks()
	to := "any"
	if len(hooks) == 1 {
		// Negated lists match everything (pf.conf(5), "self" is one); negated tables do not.
		b.WriteString("table <self> const { self }\n")
		if to = "<self>"; hooks[0] == "FORWARD" {
			to = "! <self>"
		}
	}
	for _, k := range kinds() {
		fmt.Fprintf(&b, "table <%s> persist\n", k)
	}
	verdict := "drop"
	if p.config.Verdict == reject {
		verdict = "return"
	}
	for _, k := range kinds() {
		fmt.Fprintf(&b, "block %s in quick from <%s> to %s label \"ruleids-%s\"\n", verdict, k, to, k)
	}
	return b.String()
}

// install makes what members need, and says in words what was missing.
func (p *pf) install(ctx context.Context) (missing []string, err error) {
	info, _, err := p.run(ctx, "", "-s", "info")
	if err != nil {
		return nil, err
	}
	if !strings.Contains(info, "Status: Enabled") {
		if p.system != "darwin" {
			return nil, errors.New("pf is disabled, so that nothing keeps targets out: enable it (pfctl -e, and at the next start pf_enable=YES in rc.conf on FreeBSD)")
		}
		// macOS counts who wants pf to be enabled; this reference stays, as members do.
		if _, _, err := p.run(ctx, "", "-E"); err != nil {
			return nil, err
		}
		missing = append(missing, "pf was disabled")
	}
	main, _, err := p.run(ctx, "", "-s", "rules")
	if err != nil {
		return missing, err
	}
	looked := false
	for line := range lines(main) {
		looked = looked || isAnchor(line)
	}
	if !looked {
		return missing, fmt.Errorf("pf does not look at the anchor of ruleids, so that nothing keeps targets out: write the line anchor %q into /etc/pf.conf, then pfctl -f /etc/pf.conf", anchor)
	}
	have, err := p.labels(ctx)
	if err != nil {
		return missing, err
	}
	for _, k := range kinds() {
		if _, there := have[k]; !there {
			missing = append(missing, fmt.Sprintf("the rule for %s in the anchor %s", k, anchor))
		}
	}
	if len(have) < len(kinds()) {
		if _, _, err := p.run(ctx, p.rules(), "-a", anchor, "-f", "-"); err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// isAnchor reports whether a line of the main rules leads to the anchor.
func isAnchor(line string) bool { return strings.HasPrefix(line, `anchor "`+anchor+`"`) }

// labels returns what the rules of the anchor kept out.
func (p *pf) labels(ctx context.Context) (map[decision.Kind]Count, error) {
	out, complaint, err := p.run(ctx, "", "-a", anchor, "-s", "labels")
	if err != nil && !strings.Contains(complaint, "Anchor does not exist") {
		return nil, err
	}
	counts := map[decision.Kind]Count{}
	for line := range lines(out) {
		// The label, evaluations, packets, bytes, and more than is of interest.
		w := strings.Fields(line)
		kind, ok := strings.CutPrefix(w[0], "ruleids-")
		if !ok || len(w) < 4 || !slices.Contains(kinds(), decision.Kind(kind)) {
			continue
		}
		packets, err1 := strconv.ParseUint(w[2], 10, 64)
		bytes, err2 := strconv.ParseUint(w[3], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("pfctl -s labels says %q: %w", line, err)
		}
		c := counts[decision.Kind(kind)]
		counts[decision.Kind(kind)] = Count{Packets: c.Packets + packets, Bytes: c.Bytes + bytes}
	}
	return counts, nil
}

// Apply implements decision.Firewall.
func (p *pf) Apply(ctx context.Context, changes []decision.Change) error {
	p.working.Lock()
	defer p.working.Unlock()
	now := time.Now()
	by, left := arrange(changes, now)
	if !p.ready.Load() && by.adds() {
		if _, err := p.install(ctx); err != nil {
			return err
		}
		p.ready.Store(true)
	}
	for i, o := range by {
		id := setID(i)
		if len(o.remove) > 0 {
			if err := p.members(ctx, id.kind(), "delete", o.remove); err != nil {
				return err
			}
		}
		p.note(id, o.remove, nil, now)
		room := p.config.SetSize - p.size(id)
		if add := o.add; len(add) > room {
			// Those that are there already need no room, and are few.
			left.add(fullError(id.name(), p.config.SetSize), add[max(room, 0):]...)
			o.add = add[:max(room, 0)]
		}
		if len(o.add) > 0 {
			if err := p.members(ctx, id.kind(), "add", o.add); err != nil {
				return err
			}
		}
		p.note(id, nil, o.add, now)
	}
	p.plan()
	return left.err()
}

// members adds members to a table, or deletes them: those that are there, or are not, are no error for pfctl.
func (p *pf) members(ctx context.Context, kind decision.Kind, command string, changes []decision.Change) error {
	var in strings.Builder
	for _, c := range changes {
		fmt.Fprintln(&in, c.Target)
	}
	_, complaint, err := p.run(ctx, in.String(), "-a", anchor, "-t", string(kind), "-T", command, "-f", "-")
	if command == "delete" && strings.Contains(complaint, "Table does not exist") {
		return nil
	}
	if err != nil {
		p.ready.Store(false) // whatever it was, look at the anchor before the next
	}
	return err
}

// note takes down what was changed in a set.
func (p *pf) note(id setID, removed, added []decision.Change, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range removed {
		delete(p.rolls[id], c.Target.Prefix())
	}
	for _, c := range added {
		n, _ := seconds(c.Until, now, maxSeconds)
		p.rolls[id].put(c.Target.Prefix(), n, now)
	}
}

func (p *pf) size(id setID) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rolls[id])
}

// List implements decision.Firewall. Of members that another process added the end is not known: they have none.
func (p *pf) List(ctx context.Context) ([]decision.Member, error) {
	var out []decision.Member
	for _, k := range kinds() {
		there, err := p.table(ctx, k)
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		for _, prefix := range there {
			id, _ := setOf(k, prefix.Addr().Is4())
			out = append(out, member(prefix, k, untilOf(p.rolls[id][prefix])))
		}
		p.mu.Unlock()
	}
	return out, nil
}

// table returns the members of a table.
func (p *pf) table(ctx context.Context, kind decision.Kind) ([]netip.Prefix, error) {
	out, complaint, err := p.run(ctx, "", "-a", anchor, "-t", string(kind), "-T", "show")
	if err != nil {
		if strings.Contains(complaint, "does not exist") {
			return nil, nil
		}
		return nil, err
	}
	var prefixes []netip.Prefix
	for line := range lines(out) {
		t, err := decision.ParseTarget(line)
		if err != nil {
			return nil, fmt.Errorf("pfctl -T show says %q: %w", line, err)
		}
		prefixes = append(prefixes, t.Prefix())
	}
	return prefixes, nil
}

// Close implements decision.Firewall. Members stay.
func (p *pf) Close() error {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next != nil {
		p.next.Stop()
	}
	return nil
}
