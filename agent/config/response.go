package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
)

// responseSettings are the rows of the block response. What each may be is for package decision to say.
func responseSettings() []Setting {
	d, f := decision.NewConfig(), firewall.NewConfig()
	rows := []Setting{
		{Name: "response.mode", value: d.Mode, at: func(c *Config) any { return &c.Response.Mode },
			Doc: "monitor: what rules ask for is worked out and recorded, and nothing is done. enforce: it is done."},
		{Name: "response.journal", value: d.Journal, at: func(c *Config) any { return &c.Response.Journal }, path: true,
			Doc: "File of decisions."},
		{Name: "response.audit", value: d.Audit, at: func(c *Config) any { return &c.Response.Audit }, path: true,
			Doc: "Audit log of decisions; empty for none."},
		{Name: "response.never_block", value: []string{}, at: func(c *Config) any { return &c.Response.NeverBlock },
			Doc: "Addresses and networks that only a person can have blocked, by force."},
		{Name: "response.grace", value: d.Grace, at: func(c *Config) any { return &c.Response.Grace },
			Doc: "How long rules leave a target alone after its release."},
		{Name: "response.escalate_by", value: d.EscalateBy, at: func(c *Config) any { return &c.Response.EscalateBy },
			Doc: "What the time of a quarantine is multiplied with for each earlier offence, from 1 to 100."},
		{Name: "response.escalate_max", value: d.EscalateMax, at: func(c *Config) any { return &c.Response.EscalateMax },
			Doc: "The longest time that escalate_by leads to."},
		{Name: "response.forget_after", value: d.ForgetAfter, at: func(c *Config) any { return &c.Response.ForgetAfter },
			Doc: "How long offences are remembered after a decision ended."},
		{Name: "response.max_decisions", value: d.MaxDecisions, at: func(c *Config) any { return &c.Response.MaxDecisions },
			Doc: "How many decisions there may be; people may make 1,000 more."},
		{Name: "response.ssh_ports", value: ports{}, at: func(c *Config) any { return (*ports)(&c.Response.SSHPorts) },
			Doc: "Ports of SSH servers; those of sshd_config where it is empty."},
		{Name: "response.ssh_login_grace", value: d.SSHLoginGrace, at: func(c *Config) any { return &c.Response.SSHLoginGrace },
			Doc: "LoginGraceTime of the SSH server. With 0s any established connection protects its peer."},
	}
	mine := len(rows)
	rows = append(rows, []Setting{
		{Name: "response.backend", value: f.Backend, at: func(c *Config) any { return &c.Firewall.Backend },
			Doc: "Firewall that keeps targets out: iptables (with ipsets), nftables, or command."},
		{Name: "response.hooks", value: f.Hooks, at: func(c *Config) any { return &c.Firewall.Hooks },
			Doc: "Chains in which packets are looked at: INPUT for those to this host, FORWARD for those that it passes on."},
		{Name: "response.verdict", value: f.Verdict, at: func(c *Config) any { return &c.Firewall.Verdict },
			Doc: "What becomes of packets of targets: drop, or reject to tell the sender."},
		{Name: "response.set_size", value: f.SetSize, at: func(c *Config) any { return &c.Firewall.SetSize },
			Doc: "Members that each set of the kernel can hold; there is one for each kind of decision and each of IPv4 and IPv6."},
		{Name: "response.iptables", value: f.Iptables, at: func(c *Config) any { return &c.Firewall.Iptables },
			Doc: "Path of the iptables program; empty for the one in PATH."},
		{Name: "response.command", value: []string{}, at: func(c *Config) any { return &c.Firewall.Command },
			Doc: "Program and arguments of the backend command."},
		{Name: "response.command_timeout", value: f.CommandTimeout, at: func(c *Config) any { return &c.Firewall.CommandTimeout },
			Doc: "How long that program may run."},
	}...)
	for i := range rows {
		_, attribute, _ := strings.Cut(rows[i].Name, ".")
		rows[i].check = func(c *Config) error {
			if i < mine {
				return firstFault(attribute, c.Response.Validate())
			}
			return firstFault(attribute, c.Firewall.Validate())
		}
	}
	return rows
}

// firstFault returns what is wrong with one attribute.
func firstFault(attribute string, ps []decision.Problem) error {
	i := slices.IndexFunc(ps, func(p decision.Problem) bool { return p.Setting == attribute })
	if i < 0 {
		return nil
	}
	return errors.New(strings.TrimSuffix(ps[i].Detail, "."))
}
