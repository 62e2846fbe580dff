package config

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Setting is one row of the table of settings.
type Setting struct {
	Name    string // "capture.ring": the block and the attribute; an attribute alone for those outside of blocks
	Type    string // for people: "text", "number", "size", "duration", "true or false", "list of texts", …
	Default string // as the file would have it
	Doc     string

	value any                 // the default
	at    func(*Config) any   // a pointer to the value
	check func(*Config) error // what is wrong with the value, or nil
	path  bool                // a path, in the file relative to its folder
}

// EnvPrefix begins the names of environment variables that are settings: RULEIDS_CAPTURE_RING. Lists are
// separated by commas there.
const EnvPrefix = "RULEIDS_"

// Env returns the name of the environment variable of the setting.
func (s *Setting) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_"))
}

// DefaultSocket is the path of the control socket.
const DefaultSocket = "/run/ruleids/control.sock"

// settings is the table. Blocks stand together, in the order in which `config show` prints them.
var settings = slices.Concat(basicSettings(), responseSettings())

func basicSettings() []Setting {
	return []Setting{
		{Name: "agent", value: "", at: func(c *Config) any { return &c.Agent },
			Doc: "Name of this sensor, in every alert; the host's name where it is empty."},
		{Name: "user", value: "", at: func(c *Config) any { return &c.User },
			Doc: "Account that a daemon started as root changes to once its sockets are open; empty: it stays, with the capabilities that it needs and no others."},

		{Name: "capture.interfaces", value: []string{}, at: func(c *Config) any { return &c.Capture.Interfaces },
			Doc: "Network interfaces to watch."},
		{Name: "capture.snaplen", value: 65535, at: func(c *Config) any { return &c.Capture.Snaplen },
			Doc:   "Bytes of each packet that are captured. Rules on payload or dns see no more than that.",
			check: func(c *Config) error { return between(c.Capture.Snaplen, 68, 262144) }},
		{Name: "capture.ring", value: Size(64 << 20), at: func(c *Config) any { return &c.Capture.Ring },
			Doc:   "Size of the ring that the kernel writes packets to, for each interface and worker.",
			check: func(c *Config) error { return sizeBetween(c.Capture.Ring, 1<<20, 2<<30) }},
		{Name: "capture.promiscuous", value: true, at: func(c *Config) any { return &c.Capture.Promiscuous },
			Doc: "Also see packets for other hosts."},
		{Name: "capture.ignore", value: prefixes{}, at: func(c *Config) any { return (*prefixes)(&c.Capture.Ignore) },
			Doc: "Addresses and networks whose packets, from them or to them, are dropped in the kernel."},
		{Name: "capture.checksums", value: "auto", at: func(c *Config) any { return &c.Capture.Checksums },
			Doc:   "Whether packets with a wrong checksum, which no host accepts, are kept from the rules. auto and on do; auto knows offload in captures too. off counts them.",
			check: func(c *Config) error { return oneOf(c.Capture.Checksums, "auto", "on", "off") }},
		{Name: "capture.tunnels", value: []string{}, at: func(c *Config) any { return &c.Capture.Tunnels },
			Doc:   `Tunnels that end here, as "vxlan" or "gre 192.0.2.7", beside those of the host's own interfaces: actions keep out inner sources. Of others they keep out the outermost one.`,
			check: func(c *Config) error { _, err := c.Capture.Ends(); return err }},
		{Name: "capture.workers", value: 1, at: func(c *Config) any { return &c.Capture.Workers },
			Doc:   "Goroutines that share the work on packets; 0 is one for each CPU.",
			check: func(c *Config) error { return between(c.Capture.Workers, 0, 64) }},

		{Name: "rules.paths", value: []string{}, at: func(c *Config) any { return &c.Rules.Paths }, path: true,
			Doc: "Rule files, and folders of them, beside the shipped rules."},
		{Name: "rules.stdlib", value: true, at: func(c *Config) any { return &c.Rules.Stdlib },
			Doc: "Load the shipped rules."},
		{Name: "rules.poll", value: 30 * time.Second, at: func(c *Config) any { return &c.Rules.Poll },
			Doc:   "Time between two looks at the rule files in case the kernel's notices of changes are lost; 0s for none.",
			check: func(c *Config) error { return durationBetween(c.Rules.Poll, 100*time.Millisecond, 24*time.Hour) }},

		{Name: "control.socket", value: DefaultSocket, at: func(c *Config) any { return &c.Control.Socket }, path: true,
			Doc: "Unix socket of the control API; empty for none."},

		{Name: "metrics.listen", value: "", at: func(c *Config) any { return &c.Metrics.Listen },
			Doc: "host:port of the HTTP server with /metrics and /healthz; empty for none.",
			check: func(c *Config) error {
				if c.Metrics.Listen == "" {
					return nil
				}
				_, port, err := net.SplitHostPort(c.Metrics.Listen)
				if err == nil {
					_, err = strconv.ParseUint(port, 10, 16)
				}
				if err != nil {
					return fmt.Errorf("%q is no address to listen on: write host:port, as \"127.0.0.1:9477\"", c.Metrics.Listen)
				}
				return nil
			}},

		{Name: "log.format", value: "text", at: func(c *Config) any { return &c.Log.Format },
			Doc:   "Form of the daemon's log on standard error: text or json.",
			check: func(c *Config) error { return oneOf(c.Log.Format, "text", "json") }},
		{Name: "log.level", value: "info", at: func(c *Config) any { return &c.Log.Level },
			Doc:   "Least level that is logged: debug, info, warn or error.",
			check: func(c *Config) error { return oneOf(c.Log.Level, "debug", "info", "warn", "error") }},
	}
}

// Settings returns the table, in the order in which `config show` prints it.
func Settings() []Setting {
	out := slices.Clone(settings)
	for i := range out {
		var c Config
		s := &out[i]
		store(s.at(&c), s.value)
		s.Type, s.Default = typeOf(s.at(&c)), render(s.at(&c))
	}
	return out
}

// named returns the row of a setting, or nil.
func named(name string) *Setting {
	i := slices.IndexFunc(settings, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &settings[i]
}

func between(n, least, most int) error {
	if n < least || n > most {
		return fmt.Errorf("%d is out of bounds: it must be from %d to %d", n, least, most)
	}
	return nil
}

func sizeBetween(n, least, most Size) error {
	if n < least || n > most {
		return fmt.Errorf("%v is out of bounds: it must be from %v to %v", n, least, most)
	}
	return nil
}

func durationBetween(d, least, most time.Duration) error {
	if d != 0 && (d < least || d > most) {
		return fmt.Errorf("%v is out of bounds: it must be 0s, or from %v to %v", d, least, most)
	}
	return nil
}

func oneOf(word string, words ...string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", word, strings.Join(words, ", "))
}
