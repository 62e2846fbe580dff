package notify

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// certificate makes a certificate for 127.0.0.1 and writes it to a PEM file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, name
}

// A mailbox is a mail server that keeps what it gets.
type mailbox struct {
	address  string
	replies  map[string]string // by verb; "" for a line that says yes, "hang" and "close"
	starttls bool
	tls      *tls.Config
	got      chan delivered
}

type delivered struct {
	from, auth string
	to         []string
	secure     bool
	text       string
}

func serveMail(t *testing.T, cert tls.Certificate, implicit bool, replies map[string]string) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &mailbox{address: l.Addr().String(), replies: replies, starttls: !implicit && cert.Certificate != nil, tls: &tls.Config{Certificates: []tls.Certificate{cert}}, got: make(chan delivered, 10)}
	if implicit {
		l = tls.NewListener(l, b.tls)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(t, conn, implicit)
		}
	}()
	return b
}

func (b *mailbox) serve(t *testing.T, conn net.Conn, secure bool) {
	defer func() { conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	d := delivered{secure: secure}
	say := func(verb, usual string) bool {
		switch reply := b.replies[verb]; reply {
		case "":
			fmt.Fprintf(conn, "%s\r\n", usual)
		case "hang":
			_, _ = r.ReadByte() // until the other side gives up
			return false
		case "close":
			conn.Close()
			return false
		default:
			fmt.Fprintf(conn, "%s\r\n", reply)
			return reply[0] < '4'
		}
		return true
	}
	if !say("greeting", "220 test ESMTP") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "EHLO":
			extensions := "250-test\r\n"
			if b.starttls && !d.secure {
				extensions += "250-STARTTLS\r\n"
			}
			say("EHLO", extensions+"250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN")
		case "STARTTLS":
			if !say(verb, "220 go on") {
				return
			}
			conn = tls.Server(conn, b.tls)
			r = bufio.NewReader(conn)
			d.secure = true
		case "AUTH":
			d.auth = rest
			say(verb, "235 2.7.0 good")
		case "MAIL":
			d.from = rest
			say(verb, "250 2.1.0 good")
		case "RCPT":
			d.to = append(d.to, rest)
			say(verb, "250 2.1.5 good")
		case "DATA":
			if !say(verb, "354 go on") {
				continue
			}
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				d.text += line
			}
			if say("end", "250 2.0.0 taken") {
				b.got <- d
			}
		case "QUIT":
			say(verb, "221 bye")
			return
		default:
			fmt.Fprint(conn, "250 good\r\n")
		}
	}
}

func mailSettings(t *testing.T, b *mailbox, ca, security string) *EmailConfig {
	c := setting.New[EmailConfig]()
	if err := c.Server.UnmarshalText([]byte(b.address)); err != nil {
		t.Fatal(err)
	}
	c.TLS, c.CAFile = security, ca
	c.From, c.To = "ruleids <ids@example.com>", []MailAddress{"ops@example.com", "night@example.com"}
	return c
}

func TestEmail(t *testing.T) {
	cert, ca := certificate(t)
	for _, security := range []string{"starttls", "implicit", "none"} {
		t.Run(security, func(t *testing.T) {
			served, file := cert, ca
			if security == "none" {
				served, file = tls.Certificate{}, ""
			}
			b := serveMail(t, served, security == "implicit", nil)
			c := mailSettings(t, b, file, security)
			c.Username, c.Password.File = "ids", secretFile(t, "pass word")
			m := message()
			m.Title += "\r\nBcc: victim@example.com"
			m.Text += "\r\n.\r\nMAIL FROM:<x@example.com>"
			if err := open(t, c, Options{}).Send(soon(t), m); err != nil {
				t.Fatal(err)
			}
			d := <-b.got
			if d.secure != (security != "none") || d.auth != "PLAIN AGlkcwBwYXNzIHdvcmQ=" || !strings.HasPrefix(d.from, "FROM:<ids@example.com>") || len(d.to) != 2 {
				t.Errorf("%+v", d)
			}
			if len(b.got) != 0 {
				t.Error("two mails")
			}
			got, err := mail.ReadMessage(strings.NewReader(d.text))
			if err != nil {
				t.Fatal(err)
			}
			h := got.Header
			subject, _ := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
			if subject != "[CRITICAL] port_scan <über> Bcc: victim@example.com" || h.Get("Bcc") != "" || h.Get("Message-Id") == "" || h.Get("Date") == "" ||
				h.Get("X-Ruleids-Rule") != "port_scan" || h.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("subject %q, header %v", subject, h)
			}
			if !strings.Contains(d.text, "first line & more\r\nsecond line") {
				t.Errorf("%s", d.text)
			}
		})
	}
}

func TestEmailFailures(t *testing.T) {
	cert, ca := certificate(t)
	for _, c := range []struct {
		name, verb, reply string
		retry             bool
	}{
		{"busy", "greeting", "421 4.3.2 busy", true},
		{"greylisted", "RCPT", "451 4.7.1 come again", true},
		{"full", "end", "452 4.2.2 full", true},
		{"unknown", "RCPT", "550 5.1.1 nobody of that name", false},
		{"refused", "end", "554 5.7.1 no", false},
		{"wrong password", "AUTH", "535 5.7.8 no", false},
		{"closed", "MAIL", "close", true},
		{"hangs at once", "greeting", "hang", true},
		{"hangs later", "DATA", "hang", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := serveMail(t, cert, false, map[string]string{c.verb: c.reply})
			conf := mailSettings(t, b, ca, "starttls")
			conf.Username, conf.Password.File = "ids", secretFile(t, "hush-hush")
			ctx, cancel := soon(t), context.CancelFunc(func() {})
			if c.reply == "hang" {
				ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
			}
			defer cancel()
			err := open(t, conf, Options{}).Send(ctx, message())
			var retry *RetryError
			if err == nil || errors.As(err, &retry) != c.retry {
				t.Errorf("%v", err)
			}
		})
	}

	// No STARTTLS, no mail.
	b := serveMail(t, tls.Certificate{}, false, nil)
	if err := open(t, mailSettings(t, b, ca, "starttls"), Options{}).Send(soon(t), message()); err == nil || len(b.got) != 0 || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("without TLS %d mails were sent: %v", len(b.got), err)
	}
	// Nor to a server whose certificate nobody signed.
	b = serveMail(t, cert, false, nil)
	if err := open(t, mailSettings(t, b, "", "starttls"), Options{}).Send(soon(t), message()); err == nil || len(b.got) != 0 {
		t.Error("a mail was sent to a stranger")
	}
	// One that fails at its farewell has taken the mail.
	b = serveMail(t, cert, false, map[string]string{"QUIT": "close"})
	if err := open(t, mailSettings(t, b, ca, "starttls"), Options{}).Send(soon(t), message()); err != nil {
		t.Error(err)
	}
}
