package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/ruleids/ruleids/internal/scale"
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
	if _, err := netmail.ParseAddress(string(text)); err != nil || strings.ContainsAny(string(text), "\r\n\x00") {
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

// An email transport sends messages by SMTP (RFC 5321), over a connection of its own for each.
type email struct {
	host               string
	port               int
	security           string // starttls, implicit or none
	tls                *tls.Config
	username, password string
	from               string
	to                 []string
	timeout            time.Duration
}

func (e *email) Send(ctx context.Context, m *Message) error {
	msg, err := e.compose(m)
	if err != nil {
		return Redact(err, e.password)
	}
	// The library closes a connection only after all went well, and heeds a context only while it connects.
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	options := []mail.Option{
		mail.WithPort(e.port), mail.WithTimeout(e.timeout), mail.WithTLSConfig(e.tls.Clone()), mail.WithTLSPolicy(e.policy()), mail.WithoutNoop(),
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			var err error
			if conn, err = e.dial(dialing, network, address); err != nil {
				return nil, err
			}
			c := conn
			context.AfterFunc(ctx, func() { c.Close() })
			return conn, nil
		}),
	}
	if e.username != "" {
		options = append(options, mail.WithSMTPAuth(e.auth()), mail.WithUsername(e.username), mail.WithPassword(e.password))
	}
	client, err := mail.NewClient(e.host, options...)
	if err != nil {
		return Redact(err, e.password)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		if err = client.SendWithSMTPClient(session, msg); err == nil {
			_ = client.CloseWithSMTPClient(session) // it did take the mail
		}
	}
	return Redact(classify(err), e.password)
}

// policy is what the library does about TLS. Where TLS is implicit dial speaks it, and the library looks whether
// it is there.
func (e *email) policy() mail.TLSPolicy {
	switch e.security {
	case "starttls":
		return mail.TLSMandatory
	case "implicit":
		return mail.TLSOpportunistic
	}
	return mail.NoTLS
}

// Close implements Transport.
func (e *email) Close() error { return nil }

// auth is how to log in. Without TLS no password goes over the network: the settings allow that on this host only.
func (e *email) auth() mail.SMTPAuthType {
	if e.security == "none" {
		return mail.SMTPAuthPlainNoEnc
	}
	return mail.SMTPAuthAutoDiscover
}

func (e *email) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: e.timeout}
	if e.security == "implicit" {
		return (&tls.Dialer{NetDialer: d, Config: e.tls.Clone()}).DialContext(ctx, network, address)
	}
	return d.DialContext(ctx, network, address)
}

// compose makes the mail. Addresses were checked, and the title is one line; the library encodes both for headers.
func (e *email) compose(m *Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(e.from); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := msg.To(e.to...); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	msg.Subject(oneLine(m.Title, maxTitle))
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	msg.SetGenHeader("X-Ruleids-Severity", m.Severity.String())
	if m.Rule != "" {
		msg.SetGenHeader("X-Ruleids-Rule", oneLine(m.Rule, maxTitle))
	}
	if m.Severity == scale.SeverityCritical {
		msg.SetImportance(mail.ImportanceHigh)
	}
	msg.SetBodyString(mail.TypeTextPlain, lines(m.Text, maxText)+"\n")
	return msg, nil
}

// classify makes a *RetryError of a failure that may be over later: by RFC 5321, section 4.2.1, one that the server
// answers with 4xx, and one of the network. What it answers with 5xx is for ever.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		if reply.Code >= 500 {
			return err
		}
		return &RetryError{Err: err}
	}
	if send, ok := errors.AsType[*mail.SendError](err); ok && send.ErrorCode() >= 500 {
		return err
	}
	for _, never := range []error{mail.ErrNoFromAddress, mail.ErrNoRcptAddresses, mail.ErrPlainAuthNotSupported, mail.ErrNoSupportedAuthDiscovered} {
		if errors.Is(err, never) {
			return err
		}
	}
	return &RetryError{Err: err}
}
