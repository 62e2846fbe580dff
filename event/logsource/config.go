// Package logsource reads the logs that tell of logins while they are written: files with every kind of rotation, the journal
// of systemd, the unified log of macOS, and what other hosts send by syslog. It hands lines on, and remembers how far it came.
package logsource

import (
	"net/netip"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one source: an *EventLogConfig, a *FileConfig, a *JournalConfig,
// a *SyslogConfig or a *UnifiedConfig. Kinds makes one with every
// default set.
type Config interface {
	// source makes what reads. It opens what needs privileges.
	source(name string, env *environment) (source, error)
}

// Kinds returns what makes the settings of each kind of source, with every default set, by the name of the kind.
func Kinds() map[string]func() Config {
	return map[string]func() Config{
		"eventlog": func() Config { return setting.New[EventLogConfig]() },
		"file":     func() Config { return setting.New[FileConfig]() },
		"journal":  func() Config { return setting.New[JournalConfig]() },
		"syslog":   func() Config { return setting.New[SyslogConfig]() },
		"unified":  func() Config { return setting.New[UnifiedConfig]() },
	}
}

// Kept is the settings of sources that remember how far they came.
type Kept struct {
	// State is the directory in which a source remembers how far it came, in a file named for it; "" to forget at each stop.
	State string `setting:"state,path" default:"/var/lib/ruleids/logs"`
	// Begin is where a source begins that remembers nothing: at the end of what there is, or at its start.
	Begin string `setting:"begin" default:"end" oneof:"end start"`
}

// FileConfig is the settings of kind "file": a log that a daemon writes, with what rotation makes of it.
type FileConfig struct {
	// Path is the file. It need not be there yet.
	Path string `setting:"path,path,required"`
	// Program is whose log it is, where its lines do not say; "" to find out from each line.
	Program string `setting:"program"`
	// Poll is the time between two looks for new lines: a block is to come within a second.
	Poll time.Duration `setting:"poll" default:"200ms" range:"10ms..1m"`

	Kept
}

// JournalConfig is the settings of kind "journal": the journal of systemd, by journalctl.
type JournalConfig struct {
	// Command is the program, with arguments that come first.
	Command []string `setting:"command,program" default:"journalctl"`
	// Matches choose entries, as those of journalctl do: "SYSLOG_FACILITY=10", "+"; none for all.
	Matches []string `setting:"matches" most:"100"`

	Kept
}

// SyslogConfig is the settings of kind "syslog": a server that other hosts send their logs to.
type SyslogConfig struct {
	// Network is how they come: "udp" (RFC 5426), "tcp" (RFC 6587, both framings) or "tls" (RFC 5425).
	Network string `setting:"network" default:"udp" oneof:"udp tcp tls"`
	// Listen is where: ":port" for every address of this host, or "address:port".
	Listen setting.Listen `setting:"listen,required"`
	// From are the addresses and networks that may send. Whoever can send logs can have others blocked.
	From []netip.Prefix `setting:"from,required" most:"1000"`
	// MaxConnections is how many senders there may be at a time. tcp and tls only.
	MaxConnections int `setting:"max_connections" default:"100" range:"1..10000"`

	// Cert and Key are PEM files with the server's certificate and its key. tls only.
	Cert string `setting:"cert,path"`
	Key  string `setting:"key,secret"`
	// ClientCA is a file of PEM certificates of which one must have signed the sender's; "" to ask for none. tls only.
	ClientCA string `setting:"client_ca,path"`
}

// UnifiedConfig is the settings of kind "unified": the unified log of macOS, by log(1).
type UnifiedConfig struct {
	// Command is the program, with arguments that come first.
	Command []string `setting:"command,program" default:"log"`
	// Predicate chooses entries, as that of log does (NSPredicate); "" for those of programs that tell of logins.
	Predicate string `setting:"predicate"`
}

// Check returns what is wrong with the settings as they go together.
func (c *UnifiedConfig) Check() (ps []setting.Problem) {
	if len(c.Command) == 0 {
		ps = append(ps, setting.Problem{Setting: "command", Detail: "Name the program, as [\"log\"]."})
	}
	return ps
}

// Check returns what is wrong with the settings as they go together.
func (c *SyslogConfig) Check() (ps []setting.Problem) {
	wrong := func(name, detail string) { ps = append(ps, setting.Problem{Setting: name, Detail: detail}) }
	if c.Network == "tls" {
		if c.Cert == "" {
			wrong("cert", "A TLS server needs a certificate: name a PEM file.")
		}
		if c.Key == "" {
			wrong("key", "A TLS server needs the key of its certificate: name a PEM file.")
		}
		return ps
	}
	for _, s := range []struct{ name, value string }{{"cert", c.Cert}, {"key", c.Key}, {"client_ca", c.ClientCA}} {
		if s.value != "" {
			wrong(s.name, "Only network \"tls\" has certificates; leave this out.")
		}
	}
	return ps
}

// Check returns what is wrong with the settings as they go together.
func (c *JournalConfig) Check() (ps []setting.Problem) {
	if len(c.Command) == 0 {
		ps = append(ps, setting.Problem{Setting: "command", Detail: "Name the program, as [\"journalctl\"]."})
	}
	return ps
}
