package notify

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/ruleids/ruleids/internal/setting"
)

// EmailConfig is the settings of kind "email": a mail by SMTP for every message.
type EmailConfig struct {
	// Server is the mail server as host:port; 587 for "starttls", 465 for "implicit" and 25 for "none" without a port.
	Server setting.Server `setting:"server,required"`
	// TLS is "starttls" (RFC 3207; required, not tried), "implicit" (RFC 8314) or "none".
	TLS string `setting:"tls" default:"starttls" oneof:"starttls implicit none"`
	// Username is for the log-in to the server; "" for none.
	Username string `setting:"username"`
	// Password is that of Username.
	Password setting.Source `setting:"password"`
	// From is the sender, To are who gets it: as many as a server must take in one go by RFC 5321, section 4.5.3.1.8.
	From MailAddress   `setting:"from,required"`
	To   []MailAddress `setting:"to,required" most:"100"`
	// CAFile is a file of PEM certificates that sign the server's; "" for those that the system trusts.
	CAFile string `setting:"ca_file,path"`

	Common
}

// A MailAddress is a mail address, as "ids@example.com" or "ruleids <ids@example.com>".
type MailAddress string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *MailAddress) UnmarshalText(text []byte) error {
	if _, err := mail.ParseAddress(string(text)); err != nil || strings.ContainsAny(string(text), "\r\n\x00") {
		return fmt.Errorf("%q is not a mail address: write one as \"ids@example.com\"", text)
	}
	*a = MailAddress(text)
	return nil
}

// Check returns what is wrong with the settings as they go together.
func (c *EmailConfig) Check() (ps []setting.Problem) {
	wrong := func(name, detail string) { ps = append(ps, setting.Problem{Setting: name, Detail: detail}) }
	if c.TLS == "none" && c.CAFile != "" {
		wrong("ca_file", "Without TLS there are no certificates; leave this out, or set tls.")
	}
	if c.Username != "" && c.TLS == "none" && !setting.IsLoopback(c.Server.Host) {
		wrong("username", "A password does not go over a network without TLS; set tls, or log in to a server on this very host.")
	}
	if strings.ContainsAny(c.Username, "\r\n\x00") {
		wrong("username", "Write a name of one line.")
	}
	return append(ps, checkLogin(c.Username, &c.Password)...)
}

// checkLogin returns what is wrong with a user name and a password, which go together.
func checkLogin(username string, password *setting.Source) []setting.Problem {
	switch {
	case username != "" && !password.IsSet():
		return []setting.Problem{{Setting: "password_file", Detail: "Name the file that holds the password, or its environment variable in password_env."}}
	case username == "" && password.IsSet():
		return []setting.Problem{{Setting: "username", Detail: "A password needs its user name."}}
	}
	return nil
}

// Open implements Config.
func (c *EmailConfig) Open(Options) (Transport, error) {
	password, err := c.Password.Read("password")
	if err != nil {
		return nil, err
	}
	// Registered with IANA as submission, submissions and smtp.
	port := map[string]uint16{"starttls": 587, "implicit": 465, "none": 25}[c.TLS]
	if c.Server.Port != 0 {
		port = c.Server.Port
	}
	e := &email{host: c.Server.Host, port: int(port), security: c.TLS, username: c.Username, password: password.Reveal(), from: string(c.From), timeout: c.Timeout}
	for _, to := range c.To {
		e.to = append(e.to, string(to))
	}
	if e.tls, err = tlsConfig(c.CAFile); err != nil {
		return nil, err
	}
	e.tls.ServerName = e.host
	return e, nil
}
