package honeypot

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one honeypot: a block `honeypot "name"`. NewConfig returns one with every default set;
// gohcl.DecodeBody into it leaves the defaults of what the block does not set.
type Config struct {
	// Service is what the honeypot plays: "ssh", "telnet", "ftp", "http" or "tcp".
	Service string `hcl:"service"`
	// Listen is where it listens: ":port" for every address of this host, or "address:port". Port 0 is one that the
	// system picks, which Stats tells.
	Listen string `hcl:"listen"`
	// Banner is the software that it says it is; "" for what DefaultBanner has.
	Banner string `hcl:"banner,optional"`

	// MaxConnections is how many clients are served at a time.
	MaxConnections int `hcl:"max_connections,optional"`
	// MaxPerSource is how many of them may be one IPv4 address or one IPv6 network of 64 bits.
	MaxPerSource int `hcl:"max_per_source,optional"`
	// MaxBytes is how much is read from a connection, and written to it, in bytes or with a unit.
	MaxBytes string `hcl:"max_bytes,optional"`
	// Timeout is how long a connection lasts at most. One that is silent for IdleTimeout ends sooner.
	Timeout string `hcl:"timeout,optional"`
	// MaxAttempts is after how many logins a connection is ended; telnet ends it after three in any case.
	MaxAttempts int `hcl:"max_attempts,optional"`

	// HostKeyFile is the private host key of ssh. A missing one is made; "" for a new key at each start.
	HostKeyFile string `hcl:"host_key_file,optional"`

	// Log is the file that gets a line of JSON for each event; "" for none. Honeypots may share one.
	Log string `hcl:"log,optional"`
	// Passwords says to keep passwords, too: in Log and in Event.
	Passwords bool `hcl:"passwords,optional"`
}

const (
	// DefaultHostKeyFile is where the host key of ssh is kept unless the settings say otherwise.
	DefaultHostKeyFile = "/var/lib/ruleids/honeypot_ssh_host_key"
	// DefaultLog is the file of attempts unless the settings say otherwise.
	DefaultLog = "/var/log/ruleids/honeypot.jsonl"
)

// IdleTimeout ends connections whose client neither sends nor takes anything, long before those that brute-force
// tools keep open between two passwords.
const IdleTimeout = 15 * time.Second

// NewConfig returns the defaults; Service and Listen have none.
func NewConfig() *Config {
	return &Config{
		MaxConnections: 200, MaxPerSource: 10, MaxBytes: "64KiB", Timeout: "30s", MaxAttempts: 6, // as sshd's MaxAuthTries
		HostKeyFile: DefaultHostKeyFile, Log: DefaultLog,
	}
}

// Services returns what a honeypot can play, sorted.
func Services() []string { return []string{"ftp", "http", "ssh", "tcp", "telnet"} }

// DefaultBanner returns what a service says it is unless the settings say otherwise: software of Debian 12.
func DefaultBanner(service string) string {
	switch service {
	case "ftp":
		return "(vsFTPd 3.0.3)"
	case "http":
		return "Apache/2.4.62 (Debian)"
	case "ssh":
		return "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u5"
	case "telnet":
		return "Debian GNU/Linux 12\n"
	}
	return ""
}

// A Problem is what is wrong with one setting.
type Problem = setting.Problem

// settings is what the text of a Config says.
type settings struct {
	service, listen, banner string
	maxConnections          int
	maxPerSource            int
	maxBytes                int64
	timeout, idle           time.Duration
	maxAttempts             int
	hostKeyFile, log        string
	passwords               bool
}

const (
	// minBytes lets an SSH client get as far as its first password: two key exchange messages take 2 to 3 KiB.
	minBytes = 8 << 10
	// maxBytes keeps a slip of the pen from making the bound none.
	maxBytes = 16 << 20
	// mostConnections keeps honeypots within the open files that a process usually may have.
	mostConnections = 10_000
	// mostAttempts is below the 128 requests after which golang.org/x/crypto/ssh ends a connection.
	mostAttempts = 100
	// longest is how long a connection may be made to last.
	longest = time.Hour
	// maxBanner is the bytes of a banner; of SSH and its line end, RFC 4253, section 4.2, allows 255.
	maxBanner, maxSSHBanner = 1024, 253
)

// Validate returns all that is wrong with the settings, in the order of the fields. It looks at no file and no network.
func (c *Config) Validate() []Problem {
	_, ps := c.parse()
	return ps
}

// Resolve makes relative paths relative to a folder, that of the settings file.
func (c *Config) Resolve(dir string) {
	for _, p := range []*string{&c.HostKeyFile, &c.Log} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func (c *Config) parse() (s settings, ps []Problem) {
	s = settings{
		service: c.Service, listen: c.Listen, banner: c.Banner, maxConnections: c.MaxConnections, maxPerSource: c.MaxPerSource,
		maxAttempts: c.MaxAttempts, hostKeyFile: c.HostKeyFile, log: c.Log, passwords: c.Passwords,
	}
	if s.banner == "" {
		s.banner = DefaultBanner(s.service)
	}
	if s.log != "" {
		s.log = filepath.Clean(s.log)
	}
	if !slices.Contains(Services(), c.Service) {
		ps = append(ps, Problem{Setting: "service", Detail: fmt.Sprintf("%q is none of %s.", c.Service, strings.Join(Services(), ", "))})
	}
	if !validListen(c.Listen) {
		ps = append(ps, Problem{Setting: "listen", Detail: fmt.Sprintf("%q is no place to listen; write \":port\", \"address:port\" or \"[IPv6 address]:port\".", c.Listen)})
	}
	ps = append(ps, checkBanner(c.Service, s.banner)...)
	number := func(setting string, n, most int) {
		if n < 1 || n > most {
			ps = append(ps, Problem{Setting: setting, Detail: fmt.Sprintf("Write a number from 1 to %d.", most)})
		}
	}
	number("max_connections", c.MaxConnections, mostConnections)
	number("max_per_source", c.MaxPerSource, mostConnections)
	var err error
	if s.maxBytes, err = setting.ParseSize(c.MaxBytes); err != nil || s.maxBytes < minBytes || s.maxBytes > maxBytes {
		ps = append(ps, Problem{Setting: "max_bytes", Detail: fmt.Sprintf("%q is no bound of a connection; write a size from \"8KiB\" to \"16MiB\".", c.MaxBytes)})
	}
	if s.timeout, err = time.ParseDuration(c.Timeout); err != nil || s.timeout < time.Second || s.timeout > longest {
		ps = append(ps, Problem{Setting: "timeout", Detail: fmt.Sprintf("%q is no bound of a connection; write a time from \"1s\" to \"1h\".", c.Timeout)})
	}
	s.idle = min(s.timeout, IdleTimeout)
	number("max_attempts", c.MaxAttempts, mostAttempts)
	if c.Service != "ssh" && c.HostKeyFile != "" && c.HostKeyFile != DefaultHostKeyFile {
		ps = append(ps, Problem{Setting: "host_key_file", Detail: "Only service \"ssh\" has a host key; leave this out."})
	}
	return s, ps
}

// validListen reports whether s is an address and a port to listen on. Names are refused: what they stand for may change,
// and looking them up may hang.
func validListen(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	if host == "" {
		return true
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}

func checkBanner(service, banner string) []Problem {
	var detail string
	oneLine := !strings.ContainsFunc(banner, func(r rune) bool { return r < ' ' || r > '~' })
	switch {
	case service == "ssh" && (!oneLine || len(banner) > maxSSHBanner || !strings.HasPrefix(banner, "SSH-2.0-") || len(banner) == len("SSH-2.0-")):
		detail = "Write an identification of up to 253 ASCII characters, as \"SSH-2.0-OpenSSH_9.2p1\"."
	case (service == "ftp" || service == "http") && (!oneLine || len(banner) > maxBanner):
		detail = "Write one line of up to 1024 ASCII characters."
	case len(banner) > maxBanner:
		detail = "Write a text of up to 1024 bytes."
	default:
		return nil
	}
	return []Problem{{Setting: "banner", Detail: detail}}
}
