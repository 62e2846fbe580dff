package output

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/setting"
)

// SyslogConfig is the settings of kind "syslog": RFC 5424 messages to a syslog server.
type SyslogConfig struct {
	// Network is how the server is reached: "unix" (a socket of this host, datagram or stream, whichever
	// it is), "udp" (RFC 5426), "tcp" (RFC 6587, octet counting) or "tls" (RFC 5425).
	Network string `setting:"network" default:"unix" oneof:"unix udp tcp tls"`
	// Address is the path of the socket, or host:port. Without a port it is 514 for udp, 601 for tcp,
	// 6514 for tls.
	Address SyslogAddress `setting:"address,required" default:"/dev/log"`
	// Format is of the text of messages: "text", a line for people, or "json", EVE JSON. The structured
	// data is there in both.
	Format string `setting:"format" default:"text" oneof:"text json"`
	// Facility is the syslog facility by its name.
	Facility string `setting:"facility" default:"daemon" oneof:"auth authpriv cron daemon ftp kern local0 local1 local2 local3 local4 local5 local6 local7 lpr mail news syslog user uucp"`
	// Hostname is the HOSTNAME of messages; "" for the name of this host.
	Hostname string `setting:"hostname"`
	// AppName is the APP-NAME of messages: up to 48 ASCII characters without spaces.
	AppName string `setting:"app_name,required" default:"ruleids"`
	// EnterpriseNumber is the number after the @ of the names of structured data, which IANA gave the organisation. The
	// default is the one that RFC 5612 sets aside for examples.
	EnterpriseNumber uint32 `setting:"enterprise_number" default:"32473" range:"1..4294967295"`
	// MaxMessage is the bytes after which a message is cut: at least what every receiver must take by RFC 5424,
	// section 6.1, at most the greatest payload of UDP over IPv4 (RFC 5426, section 3.2).
	MaxMessage int `setting:"max_message" default:"8192" range:"480..65507"`
	// Timeout is how long connecting may take, and one write.
	Timeout time.Duration `setting:"timeout" default:"10s" range:"100ms.."`

	// CA is a file of PEM certificates that sign the server's; "" for those that the system trusts. tls only.
	CA string `setting:"ca,path"`
	// Cert and Key are PEM files with this client's certificate and its key; "" for none. tls only.
	Cert string `setting:"cert,path"`
	Key  string `setting:"key,secret"`
	// ServerName is the name that the server's certificate must be for; "" for the host in Address. tls only.
	ServerName string `setting:"server_name"`

	Common
}

// A SyslogAddress is the path of a socket, or a server.
type SyslogAddress struct {
	Path string // "" for a server
	setting.Server
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *SyslogAddress) UnmarshalText(text []byte) error {
	// That of Unix sockets is one on Windows, too: it is the default.
	if name := string(text); filepath.IsAbs(name) || strings.HasPrefix(name, "/") {
		*a = SyslogAddress{Path: name}
		return nil
	}
	a.Path = ""
	return a.Server.UnmarshalText(text)
}

// MarshalText implements encoding.TextMarshaler.
func (a SyslogAddress) MarshalText() ([]byte, error) {
	if a.Path != "" {
		return []byte(a.Path), nil
	}
	return a.Server.MarshalText()
}

// NewSyslog returns the defaults of kind "syslog".
func NewSyslog() *SyslogConfig { return setting.New[SyslogConfig]() }

// Check returns what is wrong with the settings as they go together.
func (c *SyslogConfig) Check() (ps []setting.Problem) {
	wrong := func(name, detail string) { ps = append(ps, setting.Problem{Setting: name, Detail: detail}) }
	if unix := c.Network == "unix"; unix && runtime.GOOS == "windows" && c.Address.Path == "/dev/log" {
		wrong("address", "Windows has no /dev/log: set network to \"udp\", \"tcp\" or \"tls\", and address to that of a syslog server.")
	} else if unix && c.Address.Path == "" {
		wrong("address", "A unix socket needs its path, as \"/dev/log\".")
	} else if !unix && c.Address.Path != "" {
		wrong("address", fmt.Sprintf("Network %q needs a server; write host:port, of IPv6 [address]:port.", c.Network))
	}
	if !isPrintUSASCII(c.Hostname) || len(c.Hostname) > 255 {
		wrong("hostname", "Write a name of at most 255 ASCII characters without spaces.")
	}
	if !isPrintUSASCII(c.AppName) || len(c.AppName) > 48 {
		wrong("app_name", "Write a name of at most 48 ASCII characters without spaces.")
	}
	for _, f := range []struct{ name, value string }{{"ca", c.CA}, {"cert", c.Cert}, {"key", c.Key}, {"server_name", c.ServerName}} {
		if f.value != "" && c.Network != "tls" {
			wrong(f.name, "Only network \"tls\" has certificates; set that, or leave this out.")
		}
	}
	if c.Cert == "" && c.Key != "" {
		wrong("key", "A key needs its certificate in cert.")
	}
	if c.Cert != "" && c.Key == "" {
		wrong("cert", "A certificate needs its key in key.")
	}
	return ps
}

// address returns what is dialled.
func (c *SyslogConfig) address() string {
	if c.Network == "unix" {
		return c.Address.Path
	}
	// Registered with IANA as syslog, syslog-conn and syslog-tls.
	return c.Address.Address(map[string]uint16{"udp": 514, "tcp": 601, "tls": 6514}[c.Network])
}

func (c *SyslogConfig) open(env environment) (*route, error) {
	d := &dialer{network: c.Network, address: c.address(), timeout: c.Timeout}
	if c.Network == "tls" {
		d.config = c.tlsConfig
		if _, err := d.config(); err != nil {
			return nil, err
		}
	}
	m := newMessage(c, env.hostname)
	r := &route{
		kind: "syslog", target: c.Network + "://" + d.address, Common: c.Common,
		render: m.append, backoff: serverBackoff, sink: &syslog{dialer: d},
	}
	if c.Network == "tcp" || c.Network == "tls" {
		r.render = m.appendCounted
	}
	return r, nil
}

// tlsConfig reads the certificates. It is called for every connection, so that renewed ones are used.
func (c *SyslogConfig) tlsConfig() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cmp.Or(c.ServerName, c.Address.Host)} // RFC 9662: at least TLS 1.2
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

// syslog sends messages to a server. Over UDP and a unix datagram socket each is a datagram; over TCP and
// TLS they come with their octet counts; over a unix stream socket each ends with a newline.
type syslog struct {
	dialer *dialer
	conn   *connection // nil when there is none
	line   []byte
}

func (s *syslog) open(ctx context.Context) (err error) {
	if s.conn == nil {
		s.conn, err = s.dialer.dial(ctx)
	}
	return err
}

func (s *syslog) write(ctx context.Context, b *batch) (n int, err error) {
	if err := s.conn.broken(); err != nil {
		s.drop()
		return 0, err
	}
	// What waits in the kernel is given up with ctx, or after the timeout.
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.dialer.timeout)); err != nil {
		s.drop()
		return 0, err
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	switch s.dialer.network {
	case "tcp", "tls":
		var sent int
		sent, err = conn.Write(b.bytes())
		n, _ = b.whole(sent)
	default:
		n, err = s.writeEach(b)
	}
	if err != nil && !errors.Is(err, errUnsendable) {
		s.drop()
	}
	return n, err
}

// writeEach writes records one by one.
func (s *syslog) writeEach(b *batch) (n int, err error) {
	for ; n < b.len(); n++ {
		record := b.record(n)
		if s.conn.stream {
			s.line = append(append(s.line[:0], record...), '\n')
			record = s.line
		}
		if _, err := s.conn.Write(record); err != nil {
			if errors.Is(err, syscall.EMSGSIZE) {
				return n, fmt.Errorf("%w in one datagram of %d bytes (%v): lower max_message", errUnsendable, len(record), err)
			}
			return n, err
		}
	}
	return n, nil
}

// drop lets go of a connection that is of no more use.
func (s *syslog) drop() {
	s.conn.Close()
	s.conn.wait()
	s.conn = nil
}

// farewell is how long close waits for the server to have read everything and close its side.
const farewell = time.Second

func (s *syslog) close(ctx context.Context) error {
	if s.conn == nil {
		return nil
	}
	if c, ok := s.conn.Conn.(interface{ CloseWrite() error }); ok && s.conn.stream && c.CloseWrite() == nil {
		t := time.NewTimer(farewell)
		defer t.Stop()
		select {
		case <-s.conn.ended:
		case <-t.C:
		case <-ctx.Done():
		}
	}
	s.drop()
	return nil
}

// A dialer connects to a server.
type dialer struct {
	network, address string
	timeout          time.Duration // of connecting and of a write
	config           func() (*tls.Config, error)
}

// settle is how long a TLS connection is given to be refused. In TLS 1.3 the server judges the client's
// certificate when the client is through with the handshake; what was sent by then would be lost.
const settle = 300 * time.Millisecond

func (d *dialer) dial(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	nd := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
	switch d.network {
	case "unix":
		conn, err := nd.DialContext(ctx, "unixgram", d.address)
		if errors.Is(err, syscall.EPROTOTYPE) {
			conn, err = nd.DialContext(ctx, "unix", d.address)
			if err == nil {
				return connect(conn, true), nil
			}
		}
		if err != nil {
			return nil, err
		}
		return connect(conn, false), nil
	case "tls":
		config, err := d.config()
		if err != nil {
			return nil, err
		}
		conn, err := (&tls.Dialer{NetDialer: nd, Config: config}).DialContext(ctx, "tcp", d.address)
		if err != nil {
			return nil, err
		}
		c := connect(conn, true)
		t := time.NewTimer(settle)
		defer t.Stop()
		select {
		case <-c.ended:
			err := c.broken()
			c.Close()
			return nil, err
		case <-t.C:
			return c, nil
		case <-ctx.Done():
			c.Close()
			c.wait()
			return nil, ctx.Err()
		}
	}
	conn, err := nd.DialContext(ctx, d.network, d.address)
	if err != nil {
		return nil, err
	}
	return connect(conn, d.network == "tcp"), nil
}

// A connection is a connection whose end is noticed at once: syslog servers never answer, so a goroutine
// reads until there is nothing more to read. A write would find out only the second time.
type connection struct {
	net.Conn
	stream bool
	ended  chan struct{} // closed when the server is gone; of datagrams never
	err    atomic.Pointer[error]
}

func connect(conn net.Conn, stream bool) *connection {
	c := &connection{Conn: conn, stream: stream, ended: make(chan struct{})}
	if stream {
		go func() {
			defer close(c.ended)
			_, err := io.Copy(io.Discard, conn)
			if err == nil {
				err = io.EOF
			}
			err = fmt.Errorf("%s closed the connection: %w", conn.RemoteAddr(), err)
			c.err.Store(&err)
		}()
	}
	return c
}

// broken returns why the connection has ended; nil while it has not.
func (c *connection) broken() error {
	if err := c.err.Load(); err != nil {
		return *err
	}
	return nil
}

// wait waits for the goroutine that reads, after Close.
func (c *connection) wait() {
	if c.stream {
		<-c.ended
	}
}

// readPool reads a file of PEM certificates.
func readPool(path string) (*x509.CertPool, error) {
	text, err := files.Read(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", path)
	}
	return pool, nil
}
