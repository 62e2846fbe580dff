package notify

import (
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/setting"
)

// EmailConfig is the settings of kind "email": a mail by SMTP for every message.
type EmailConfig struct {
	// Server is the mail server as host:port; 587 for "starttls", 465 for "implicit" and 25 for "none" without a port.
	Server string `hcl:"server"`
	// TLS is "starttls" (RFC 3207; required, not tried), "implicit" (RFC 8314) or "none".
	TLS string `hcl:"tls,optional"`
	// Username is for the log-in to the server; "" for none.
	Username string `hcl:"username,optional"`
	// PasswordFile is a file with the password and nothing else, PasswordEnv an environment variable with it.
	PasswordFile string `hcl:"password_file,optional"`
	PasswordEnv  string `hcl:"password_env,optional"`
	// From is the sender, as "ids@example.com" or "ruleids <ids@example.com>"; To are who gets it.
	From string   `hcl:"from"`
	To   []string `hcl:"to"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `hcl:"ca_file,optional"`

	Shared Common
}

// NewEmail returns the defaults of kind "email".
func NewEmail() *EmailConfig { return &EmailConfig{TLS: "starttls", Shared: NewCommon()} }

// Common implements Config.
func (c *EmailConfig) Common() *Common { return &c.Shared }

// maxRecipients is what a server must take in one go by RFC 5321, section 4.5.3.1.8.
const maxRecipients = 100

// Validate implements Config.
func (c *EmailConfig) Validate() (ps []Problem) {
	host, port, err := c.address()
	if err != nil || host == "" || port < 1 || port > 65535 || strings.ContainsAny(host, " /@") {
		ps = append(ps, Problem{Setting: "server", Detail: fmt.Sprintf("%q is no address of a server; write host:port, of IPv6 [address]:port.", c.Server)})
	}
	ps = append(ps, setting.OneOf("tls", c.TLS, "starttls", "implicit", "none")...)
	if c.TLS == "none" && c.CAFile != "" {
		ps = append(ps, Problem{Setting: "ca_file", Detail: "Without TLS there are no certificates; leave this out, or set tls."})
	}
	if c.Username != "" && c.TLS == "none" && !isLoopback(host) {
		ps = append(ps, Problem{Setting: "username", Detail: "A password does not go over a network without TLS; set tls, or log in to a server on this very host."})
	}
	if strings.ContainsAny(c.Username, "\r\n\x00") {
		ps = append(ps, Problem{Setting: "username", Detail: "Write a name of one line."})
	}
	ps = append(ps, CheckSecret("password", c.PasswordFile, c.PasswordEnv, c.Username != "")...)
	if c.Username == "" && (c.PasswordFile != "" || c.PasswordEnv != "") {
		ps = append(ps, Problem{Setting: "username", Detail: "A password needs its user name."})
	}
	if !goodAddress(c.From) {
		ps = append(ps, Problem{Setting: "from", Detail: fmt.Sprintf("%q is no mail address; write one as \"ids@example.com\".", c.From)})
	}
	if len(c.To) == 0 || len(c.To) > maxRecipients {
		ps = append(ps, Problem{Setting: "to", Detail: fmt.Sprintf("Write from 1 to %d mail addresses.", maxRecipients)})
	}
	for _, to := range c.To {
		if !goodAddress(to) {
			ps = append(ps, Problem{Setting: "to", Detail: fmt.Sprintf("%q is no mail address; write one as \"ops@example.com\".", to)})
		}
	}
	return append(ps, c.Shared.Validate()...)
}

func goodAddress(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil && !strings.ContainsAny(s, "\r\n\x00")
}

// address returns host and port of the server.
func (c *EmailConfig) address() (host string, port int, err error) {
	host, p, err := net.SplitHostPort(c.Server)
	if err != nil { // 587, 465 and 25 are registered with IANA as submission, submissions and smtp
		p = "587"
		if other := map[string]string{"implicit": "465", "none": "25"}[c.TLS]; other != "" {
			p = other
		}
		if host, p, err = net.SplitHostPort(net.JoinHostPort(strings.Trim(c.Server, "[]"), p)); err != nil {
			return "", 0, err
		}
	}
	port, err = strconv.Atoi(p)
	return host, port, err
}

// Resolve implements Config.
func (c *EmailConfig) Resolve(dir string) {
	c.PasswordFile, c.CAFile = setting.Beside(dir, c.PasswordFile), setting.Beside(dir, c.CAFile)
}

// Open implements Config.
func (c *EmailConfig) Open(Options) (Transport, error) {
	host, port, err := c.address()
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	e := &email{host: host, port: port, security: c.TLS, username: c.Username, from: c.From, to: c.To, timeout: c.Shared.Wait()}
	if e.password, err = ReadSecret("password", c.PasswordFile, c.PasswordEnv); err != nil {
		return nil, err
	}
	if e.tls, err = tlsConfig(c.CAFile); err != nil {
		return nil, err
	}
	e.tls.ServerName = host
	return e, nil
}
