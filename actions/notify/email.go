package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/ruleids/ruleids/internal/scale"
)

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
