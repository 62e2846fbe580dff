package firewall

import (
	"fmt"
	"slices"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// The backends.
const (
	Iptables = "iptables" // chains by the iptables program, members in ipsets
	Nftables = "nftables" // a table of its own
	Pf       = "pf"       // an anchor with tables, by pfctl: on macOS, FreeBSD and OpenBSD
	Wfp      = "wfp"      // filters of the Windows Filtering Platform
	Command  = "command"  // a program of the user's
)

// Config is the settings of the firewall: attributes of the block `response`, beside those of decision.Config.
// setting.New returns one with every default set. A running Firewall cannot take over any of them.
type Config struct {
	Backend string   `setting:"backend" default:"iptables" default_windows:"wfp" oneof:"command iptables nftables pf wfp" doc:"Firewall that keeps targets out: iptables (with ipsets), nftables, pf on macOS, FreeBSD and OpenBSD, wfp on Windows, where it is the default, or command."`
	Hooks   []string `setting:"hooks,required" default:"INPUT FORWARD" oneof:"INPUT FORWARD" doc:"Chains in which packets are looked at: INPUT for those to this host, FORWARD for those that it passes on."`
	Verdict string   `setting:"verdict" default:"drop" oneof:"drop reject" doc:"What becomes of packets of targets: drop, or reject to tell the sender."`
	// ipset keeps the length of a hash in 32 bits; ten million members take a gigabyte of the kernel's memory.
	SetSize int `setting:"set_size" default:"262144" range:"1..10000000" doc:"Members that each set of the kernel can hold; there is one for each kind of decision and each of IPv4 and IPv6."`
	// The namesake of the program for IPv6 must be in the same directory.
	Iptables       string        `setting:"iptables,program" doc:"Path of the iptables program; empty for the one in PATH."`
	Command        []string      `setting:"command,program" doc:"Program and arguments of the backend command."`
	CommandTimeout time.Duration `setting:"command_timeout" default:"5s" range:"1ms..1m" doc:"How long that program may run."`
}

// What becomes of the packets of members.
const (
	drop   = "drop"
	reject = "reject"
)

// hookNames are the chains that packets to and through a host pass, as iptables calls them.
func hookNames() []string { return []string{"INPUT", "FORWARD"} }

// Check returns what is wrong with the settings as they go together.
func (c *Config) Check() []setting.Problem {
	detail := ""
	switch {
	case c.Backend == Command && (len(c.Command) == 0 || c.Command[0] == ""):
		detail = fmt.Sprintf("The backend %q needs a program: command = [\"/usr/local/bin/fw\"].", Command)
	case c.Backend != Command && len(c.Command) > 0:
		detail = fmt.Sprintf("Only the backend %q runs a program; write backend = %q, or leave it out.", Command, Command)
	default:
		return nil
	}
	return []setting.Problem{{Setting: "command", Detail: detail}}
}

// hooks returns the chains in a fixed order, each once.
func (c *Config) hooks() []string {
	return slices.DeleteFunc(hookNames(), func(h string) bool { return !slices.Contains(c.Hooks, h) })
}
