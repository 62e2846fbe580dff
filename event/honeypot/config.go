package honeypot

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/place"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one honeypot: a block `honeypot "name"`. setting.New returns one with every default set.
type Config struct {
	// Service is what the honeypot plays.
	Service string `setting:"service,required" oneof:"ftp http ssh tcp telnet"`
	// Listen is where it listens: ":port" for every address of this host, or "address:port". Names are refused: what they
	// stand for may change, and looking them up may hang. Port 0 is one that the system picks, which Status has.
	Listen setting.Listen `setting:"listen,required"`
	// Banner is the software that it says it is; "" for what DefaultBanner has.
	Banner string `setting:"banner"`

	// MaxConnections is how many clients are served at a time: within the open files that a process usually may have.
	MaxConnections int `setting:"max_connections" default:"200" range:"1..10000"`
	// MaxPerSource is how many of them may be one IPv4 address or one IPv6 network of 64 bits.
	MaxPerSource int `setting:"max_per_source" default:"10" range:"1..10000"`
	// MaxBytes is how much is read from a connection, and written to it. The least lets an SSH client get as far as its
	// first password: two key exchange messages take 2 to 3 KiB.
	MaxBytes setting.Size `setting:"max_bytes" default:"64KiB" range:"8KiB..16MiB"`
	// Timeout is how long a connection lasts at most. One that is silent for IdleTimeout ends sooner.
	Timeout time.Duration `setting:"timeout" default:"30s" range:"1s..1h"`
	// MaxAttempts is after how many logins a connection is ended, by default as sshd's MaxAuthTries; telnet ends it after
	// three in any case, and golang.org/x/crypto/ssh after 128 requests.
	MaxAttempts int `setting:"max_attempts" default:"6" range:"1..100"`

	// HostKeyFile is the private host key of ssh. A missing one is made; "" for a new key at each start.
	HostKeyFile string `setting:"host_key_file,secret" default:"/var/lib/ruleids/honeypot_ssh_host_key"`

	// Log is the file that gets a line of JSON for each event; "" for none. Honeypots may share one.
	Log string `setting:"log,path" default:"/var/log/ruleids/honeypot.jsonl"`
	// Passwords says to keep passwords, too: in Log and in Event.
	Passwords bool `setting:"passwords"`
}

// DefaultHostKeyFile is where Linux keeps the host key of ssh unless the settings say otherwise.
const DefaultHostKeyFile = "/var/lib/ruleids/honeypot_ssh_host_key"

// IdleTimeout ends connections whose client neither sends nor takes anything, long before those that brute-force
// tools keep open between two passwords.
const IdleTimeout = 15 * time.Second

// maxBanner is the bytes of a banner; of SSH and its line end, RFC 4253, section 4.2, allows 255.
const maxBanner, maxSSHBanner = 1024, 253

// DefaultBanner returns what a service says it is unless the settings say otherwise: software of Debian 12.
func DefaultBanner(service string) string {
	return map[string]string{
		"ftp": "(vsFTPd 3.0.3)", "http": "Apache/2.4.62 (Debian)", "ssh": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u5", "telnet": "Debian GNU/Linux 12\n",
	}[service]
}

// Check returns what is wrong with the settings as they go together.
func (c *Config) Check() (ps []setting.Problem) {
	host, _, err := net.SplitHostPort(string(c.Listen))
	if err == nil && host != "" {
		_, err = netip.ParseAddr(host)
	}
	if c.Listen != "" && err != nil {
		ps = append(ps, setting.Problem{Setting: "listen", Detail: fmt.Sprintf("%q is not an address of this host; write \":port\", \"address:port\" or \"[IPv6 address]:port\".", c.Listen)})
	}
	if detail := checkBanner(c.Service, c.banner()); detail != "" {
		ps = append(ps, setting.Problem{Setting: "banner", Detail: detail})
	}
	if c.Service != "ssh" && c.HostKeyFile != "" && c.HostKeyFile != place.Of(DefaultHostKeyFile) {
		ps = append(ps, setting.Problem{Setting: "host_key_file", Detail: "Only service \"ssh\" has a host key; leave this out."})
	}
	return ps
}

// banner returns the software that the honeypot says it is.
func (c *Config) banner() string {
	return cmp.Or(c.Banner, DefaultBanner(c.Service))
}

// checkBanner says what is wrong with a banner; "" where nothing is.
func checkBanner(service, banner string) string {
	oneLine := !strings.ContainsFunc(banner, func(r rune) bool { return r < ' ' || r > '~' })
	switch {
	case service == "ssh" && (!oneLine || len(banner) > maxSSHBanner || !strings.HasPrefix(banner, "SSH-2.0-") || len(banner) == len("SSH-2.0-")):
		return "Write an identification of up to 253 ASCII characters, as \"SSH-2.0-OpenSSH_9.2p1\"."
	case (service == "ftp" || service == "http") && (!oneLine || len(banner) > maxBanner):
		return "Write one line of up to 1024 ASCII characters."
	case len(banner) > maxBanner:
		return "Write a text of up to 1024 bytes."
	}
	return ""
}
