package decision

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// A Mode says whether decisions are carried out.
type Mode string

const (
	Monitor Mode = "monitor" // they are recorded
	Enforce Mode = "enforce" // they are done
)

// Config is the settings of decisions: attributes of the block `response`. setting.New returns one with every
// default set.
type Config struct {
	Mode Mode `setting:"mode,reload" default:"monitor" oneof:"monitor enforce" doc:"monitor: what rules ask for is worked out and recorded, and nothing is done. enforce: it is done."`
	// The directory of the journal must exist, and be the program's to write to.
	Journal    string        `setting:"journal,path,required" default:"/var/lib/ruleids/decisions.jsonl" doc:"File of decisions."`
	Audit      string        `setting:"audit,path" default:"/var/log/ruleids/audit.jsonl" doc:"Audit log of decisions; empty for none."`
	NeverBlock []Target      `setting:"never_block,reload" doc:"Addresses and networks that only a manual decision may block, by force."`
	Grace      time.Duration `setting:"grace,reload" default:"60s" doc:"How long rules leave a target alone after its release."`
	// A factor of 100 reaches any maximum with the third offence.
	EscalateBy  float64       `setting:"escalate_by,reload" default:"2" range:"1..100" doc:"What the time of a quarantine is multiplied with for each earlier offence, from 1 to 100."`
	EscalateMax time.Duration `setting:"escalate_max,reload" default:"24h" range:"..3650d" doc:"The longest time that escalate_by leads to."`
	ForgetAfter time.Duration `setting:"forget_after,reload" default:"24h" doc:"How long offences are remembered after a decision ended."`
	// The limit bounds memory and the journal where an attacker forges addresses: ten million decisions take some 5 GB.
	MaxDecisions  int           `setting:"max_decisions,reload" default:"200000" range:"1..10000000" doc:"How many decisions there may be; people may make 1,000 more."`
	SSHPorts      []uint16      `setting:"ssh_ports" range:"1..65535" doc:"Ports of SSH servers; those of sshd_config where it is empty."`
	SSHLoginGrace time.Duration `setting:"ssh_login_grace" default:"2m" doc:"LoginGraceTime of the SSH server. With 0s any established connection protects its peer."`
}

// Check returns what is wrong with the settings as they go together.
func (c *Config) Check() []setting.Problem {
	if c.Audit != "" && filepath.Clean(c.Audit) == filepath.Clean(c.Journal) {
		return []setting.Problem{{Setting: "audit", Detail: "The audit log cannot be the journal; give it a file of its own."}}
	}
	return nil
}

// Reconfigure takes over settings while the Store runs. It returns the names of those that differ and need a restart.
// With another mode the firewall is filled or emptied at once; an error is the firewall's, or that of ctx: the settings
// are then taken over as soon as what goes on lets them. The caller may not change config afterwards.
func (b *Store) Reconfigure(ctx context.Context, config *Config) (restart []string, err error) {
	if err := setting.Valid(config); err != nil {
		return nil, err
	}
	var did struct {
		restart []string
		err     error
	}
	lasting := context.WithoutCancel(ctx) // what began is finished, though the caller no longer waits
	if err := b.call(ctx, func() {
		b.mu.Lock()
		before := b.config
		did.restart = setting.Restart(&before, config)
		b.config = *config
		b.config.Journal, b.config.Audit, b.config.SSHPorts, b.config.SSHLoginGrace = before.Journal, before.Audit, before.SSHPorts, before.SSHLoginGrace
		b.mu.Unlock()
		if !slices.Equal(before.NeverBlock, b.config.NeverBlock) {
			b.reguard(lasting, newGuard(b.facts, b.config.NeverBlock))
		}
		if before.Mode != b.config.Mode {
			line := auditLine{Time: b.now(), Event: "mode", Detail: string(b.config.Mode)}
			b.auditTrouble(b.audit.write([]auditLine{line}))
			_, _, did.err = b.reconcile(lasting)
		}
	}); err != nil {
		return nil, err
	}
	return did.restart, did.err
}
