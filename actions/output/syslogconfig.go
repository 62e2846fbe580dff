package output

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// SyslogConfig is the settings of kind "syslog": RFC 5424 messages to a syslog server.
type SyslogConfig struct {
	// Network is how the server is reached: "unix" (a socket of this host, datagram or stream, whichever
	// it is), "udp" (RFC 5426), "tcp" (RFC 6587, octet counting) or "tls" (RFC 5425).
	Network string `hcl:"network,optional"`
	// Address is the path of the socket, or host:port. Without a port it is 514 for udp, 601 for tcp,
	// 6514 for tls.
	Address string `hcl:"address,optional"`
	// Format is of the text of messages: "text", a line for people, or "json", EVE JSON. The structured
	// data is there in both.
	Format string `hcl:"format,optional"`
	// Facility is the syslog facility by its name, as "daemon" or "local0".
	Facility string `hcl:"facility,optional"`
	// Hostname is the HOSTNAME of messages; "" for the name of this host.
	Hostname string `hcl:"hostname,optional"`
	// AppName is the APP-NAME of messages: up to 48 ASCII characters without spaces.
	AppName string `hcl:"app_name,optional"`
	// EnterpriseNumber is the number after the @ of the names of structured data. The default, 32473,
	// is the one that RFC 5612 sets aside for examples.
	EnterpriseNumber int `hcl:"enterprise_number,optional"`
	// MaxMessage is the bytes after which a message is cut, from 480 to 65,507.
	MaxMessage int `hcl:"max_message,optional"`
	// Timeout is how long connecting may take, and one write.
	Timeout string `hcl:"timeout,optional"`

	// CA is a file of PEM certificates that sign the server's; "" for those that the system trusts. tls only.
	CA string `hcl:"ca,optional"`
	// Cert and Key are PEM files with this client's certificate and its key; "" for none. tls only.
	Cert string `hcl:"cert,optional"`
	Key  string `hcl:"key,optional"`
	// ServerName is the name that the server's certificate must be for; "" for the host in Address. tls only.
	ServerName string `hcl:"server_name,optional"`

	// Queue is how many alerts are held while the output cannot keep up, and, in units of 4 KiB, how
	// much memory they may take.
	Queue int `hcl:"queue,optional"`
	// MinSeverity is the least severity of the alerts that are sent.
	MinSeverity string `hcl:"min_severity,optional"`
	// Rules are names of rules, or patterns with * and ?, whose alerts are sent; none for all.
	Rules []string `hcl:"rules,optional"`
}

// NewSyslog returns the defaults of kind "syslog".
func NewSyslog() *SyslogConfig {
	return &SyslogConfig{Network: "unix", Address: "/dev/log", Format: "text", Facility: "daemon", AppName: "ruleids",
		EnterpriseNumber: 32473, MaxMessage: 8192, Timeout: "10s", Queue: DefaultQueue, MinSeverity: "low"}
}

const (
	// minMessage is what every receiver must take by RFC 5424, section 6.1.
	minMessage = 480
	// maxMessage is the greatest payload of UDP over IPv4 (RFC 5426, section 3.2).
	maxMessage = 65507
)

// Validate implements Config.
func (c *SyslogConfig) Validate() []Problem {
	ps := setting.OneOf("network", c.Network, "unix", "udp", "tcp", "tls")
	if c.Network == "unix" {
		if !filepath.IsAbs(c.Address) {
			ps = append(ps, Problem{Setting: "address", Detail: "A unix socket needs its path, as \"/dev/log\"."})
		}
	} else if _, _, err := net.SplitHostPort(c.hostPort()); err != nil || !validPort(c.hostPort()) {
		ps = append(ps, Problem{Setting: "address", Detail: fmt.Sprintf("%q is no address of a server; write host:port, of IPv6 [address]:port.", c.Address)})
	}
	ps = append(ps, setting.OneOf("format", c.Format, "text", "json")...)
	if _, ok := facilities()[c.Facility]; !ok {
		ps = append(ps, Problem{Setting: "facility", Detail: fmt.Sprintf("There is no facility %q; write one as \"daemon\", \"auth\" or \"local0\" to \"local7\".", c.Facility)})
	}
	if !isPrintUSASCII(c.Hostname) || len(c.Hostname) > 255 {
		ps = append(ps, Problem{Setting: "hostname", Detail: "Write a name of at most 255 ASCII characters without spaces."})
	}
	if c.AppName == "" || !isPrintUSASCII(c.AppName) || len(c.AppName) > 48 {
		ps = append(ps, Problem{Setting: "app_name", Detail: "Write a name of at most 48 ASCII characters without spaces."})
	}
	if c.EnterpriseNumber < 1 || c.EnterpriseNumber > 1<<32-1 {
		ps = append(ps, Problem{Setting: "enterprise_number", Detail: "Write the number that IANA gave your organisation, or 32473."})
	}
	if c.MaxMessage < minMessage || c.MaxMessage > maxMessage {
		ps = append(ps, Problem{Setting: "max_message", Detail: fmt.Sprintf("Write a number of bytes from %d to %d.", minMessage, maxMessage)})
	}
	if d, err := setting.ParseDuration(c.Timeout); err != nil {
		ps = append(ps, Problem{Setting: "timeout", Detail: err.Error() + "."})
	} else if d < 100*time.Millisecond {
		ps = append(ps, Problem{Setting: "timeout", Detail: "No server is that fast; write at least \"100ms\"."})
	}
	for _, f := range []struct{ setting, value string }{{"ca", c.CA}, {"cert", c.Cert}, {"key", c.Key}, {"server_name", c.ServerName}} {
		if f.value != "" && c.Network != "tls" {
			ps = append(ps, Problem{Setting: f.setting, Detail: "Only network \"tls\" has certificates; set that, or leave this out."})
		}
	}
	if c.Cert == "" && c.Key != "" {
		ps = append(ps, Problem{Setting: "key", Detail: "A key needs its certificate in cert."})
	}
	if c.Cert != "" && c.Key == "" {
		ps = append(ps, Problem{Setting: "cert", Detail: "A certificate needs its key in key."})
	}
	return append(ps, validateCommon(c.Queue, c.MinSeverity, c.Rules)...)
}

// Resolve implements Config.
func (c *SyslogConfig) Resolve(dir string) {
	for _, p := range []*string{&c.CA, &c.Cert, &c.Key} {
		*p = setting.Beside(dir, *p)
	}
	if c.Network == "unix" {
		c.Address = setting.Beside(dir, c.Address)
	}
}

// hostPort returns the address with its port.
func (c *SyslogConfig) hostPort() string {
	if _, _, err := net.SplitHostPort(c.Address); err == nil || c.Address == "" {
		return c.Address
	}
	// Registered with IANA as syslog, syslog-conn and syslog-tls.
	port := map[string]string{"udp": "514", "tcp": "601", "tls": "6514"}[c.Network]
	return net.JoinHostPort(strings.TrimSuffix(strings.TrimPrefix(c.Address, "["), "]"), port)
}

func validPort(hostPort string) bool {
	host, port, err := net.SplitHostPort(hostPort)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && n > 0 && host != "" && !strings.ContainsAny(host, " /")
}

func (c *SyslogConfig) open(env environment) (*route, error) {
	if err := setting.Join(c.Validate()); err != nil {
		return nil, err
	}
	timeout, _ := setting.ParseDuration(c.Timeout) // it was checked
	d := &dialer{network: c.Network, address: c.Address, timeout: timeout}
	if c.Network != "unix" {
		d.address = c.hostPort()
	}
	if c.Network == "tls" {
		d.config = c.tlsConfig
		if _, err := d.config(); err != nil {
			return nil, err
		}
	}
	m := newMessage(c, env.hostname)
	r := &route{
		kind: "syslog", target: c.Network + "://" + d.address, limit: c.Queue, filter: newFilter(c.MinSeverity, c.Rules),
		render: m.append, patience: serverPatience, sink: &syslog{dialer: d},
	}
	if c.Network == "tcp" || c.Network == "tls" {
		r.render = m.appendCounted
	}
	return r, nil
}

// tlsConfig reads the certificates. It is called for every connection, so that renewed ones are used.
func (c *SyslogConfig) tlsConfig() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName} // RFC 9662: at least TLS 1.2
	if out.ServerName == "" {
		out.ServerName, _, _ = net.SplitHostPort(c.hostPort()) // it was checked
	}
	var err error
	if c.CA != "" {
		if out.RootCAs, err = readPool(c.CA); err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("cert, key: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
