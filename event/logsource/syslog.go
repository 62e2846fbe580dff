package logsource

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

const (
	// messageMost is the longest message: what is longer is cut (RFC 5424, section 6.1, lets a receiver do that).
	messageMost = login.MaxLine
	// roomUDP is how many messages wait that came by UDP, whose senders do not wait.
	roomUDP = 4096
	// idleTimeout ends a connection whose sender is gone: one that is there writes a line now and then.
	idleTimeout = 24 * time.Hour
)

// A server takes messages of other hosts.
type server struct {
	config   *SyslogConfig
	env      *environment
	packets  net.PacketConn
	listener net.Listener
}

func (c *SyslogConfig) source(_ string, env *environment) (source, error) {
	s := &server{config: c, env: env}
	var err error
	switch c.Network {
	case "udp":
		if s.packets, err = net.ListenPacket("udp", string(c.Listen)); err == nil {
			s.place(s.packets.LocalAddr())
		}
	default:
		var conf *tls.Config
		if c.Network == "tls" {
			if conf, err = c.tls(); err != nil {
				return nil, err
			}
		}
		if s.listener, err = net.Listen("tcp", string(c.Listen)); err == nil {
			s.place(s.listener.Addr())
			if conf != nil {
				s.listener = tls.NewListener(s.listener, conf)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return s, nil
}

func (s *server) place(a net.Addr) {
	text := s.config.Network + "://" + a.String()
	s.env.counts.place.Store(&text)
}

// tls returns the settings of TLS.
func (c *SyslogConfig) tls() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("cert, key: %w", err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.ClientCA != "" {
		pem, err := os.ReadFile(c.ClientCA)
		if err != nil {
			return nil, fmt.Errorf("client_ca: %w", err)
		}
		conf.ClientCAs, conf.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !conf.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("client_ca: there is no certificate in %s", c.ClientCA)
		}
	}
	return conf, nil
}

func (s *server) close() error {
	var errs []error
	if s.packets != nil {
		errs = append(errs, s.packets.Close())
	}
	if s.listener != nil {
		errs = append(errs, s.listener.Close())
	}
	for i, err := range errs {
		if errors.Is(err, net.ErrClosed) {
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

// run takes messages until ctx is done.
func (s *server) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.close() })()
	if s.packets != nil {
		return s.datagrams(ctx)
	}
	return s.connections(ctx)
}

// allowed reports whether an address may send.
func (s *server) allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(s.config.From, func(p netip.Prefix) bool { return p.Contains(a) })
}

// A message is a line and who sent it.
type message struct {
	text string
	from netip.Addr
}

// datagrams takes messages of UDP. What comes while those before are dealt with waits, as far as there is room.
func (s *server) datagrams(ctx context.Context) error {
	room := make(chan message, roomUDP)
	done := make(chan error, 1)
	go func() { done <- s.deal(ctx, room) }()
	buf := make([]byte, 65536)
	for {
		n, addr, err := s.packets.ReadFrom(buf)
		if err != nil {
			close(room)
			derr := <-done
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return derr
			}
			return errors.Join(err, derr)
		}
		from, ok := addr.(*net.UDPAddr)
		if !ok || !s.allowed(from.AddrPort().Addr()) {
			s.env.counts.refused.Add(1)
			continue
		}
		s.env.works()
		for line := range strings.Lines(strings.TrimRight(string(buf[:n]), "\x00\r\n")) {
			select {
			case room <- message{line, from.AddrPort().Addr()}:
			default:
				s.env.lose()
			}
		}
	}
}

// deal hands messages on, until there are no more.
func (s *server) deal(ctx context.Context, room <-chan message) error {
	formats := map[netip.Addr]*login.Format{}
	for first := range room {
		var batch []login.Line
		for _, m := range waiting(first, room) {
			batch = append(batch, s.parse(formats, m))
		}
		if err := s.env.lines(ctx, batch, nil); err != nil && ctx.Err() == nil {
			s.env.failed(err)
		}
	}
	return nil
}

// parse takes a message apart. The name of its host is the sender's word for it; without one it is the sender's address.
func (s *server) parse(formats map[netip.Addr]*login.Format, m message) login.Line {
	f := formats[m.from]
	if f == nil {
		if len(formats) > 10_000 {
			clear(formats)
		}
		f = &login.Format{Location: time.Local}
		formats[m.from] = f
	}
	f.Reference = time.Now()
	l := f.Parse(m.text)
	if !f.Dated() {
		l.Time = f.Reference
	}
	if l.Host == "" {
		l.Host = m.from.Unmap().String()
	}
	return l
}

// connections takes messages of TCP and TLS.
func (s *server) connections(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	room := make(chan struct{}, s.config.MaxConnections)
	for {
		c, err := s.listener.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		from, ok := c.RemoteAddr().(*net.TCPAddr)
		if !ok || !s.allowed(from.AddrPort().Addr()) {
			s.env.counts.refused.Add(1)
			_ = c.Close()
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			s.env.counts.refused.Add(1)
			_ = c.Close()
			continue
		}
		s.env.works()
		wg.Go(func() {
			defer func() { <-room }()
			defer c.Close()
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			s.stream(ctx, c, from.AddrPort().Addr())
		})
	}
}

// stream takes the messages of a connection. Its sender waits while they are dealt with.
func (s *server) stream(ctx context.Context, c net.Conn, from netip.Addr) {
	in := bufio.NewReaderSize(c, 64<<10)
	formats := map[netip.Addr]*login.Format{}
	var batch []login.Line
	for {
		if in.Buffered() == 0 || len(batch) >= batchLines {
			if len(batch) > 0 {
				if err := s.env.lines(ctx, batch, nil); err != nil {
					return
				}
				batch = nil
			}
			_ = c.SetReadDeadline(time.Now().Add(idleTimeout))
		}
		text, err := readMessage(in)
		if text != "" {
			batch = append(batch, s.parse(formats, message{text, from}))
		}
		if err != nil {
			_ = s.env.lines(ctx, batch, nil)
			return
		}
	}
}

// readMessage reads a message in one of the framings of RFC 6587: its length and a space before it, or a line end behind it.
func readMessage(in *bufio.Reader) (string, error) {
	first, err := in.Peek(1)
	if err != nil {
		return "", err
	}
	if first[0] >= '1' && first[0] <= '9' {
		head, _ := in.Peek(7)
		if i := slices.Index(head, ' '); i > 0 {
			if n, err := strconv.Atoi(string(head[:i])); err == nil {
				_, _ = in.Discard(i + 1)
				return readCounted(in, n)
			}
		}
	}
	line, err := login.ReadLine(in, messageMost)
	return strings.TrimRight(line, "\x00\r\n"), err
}

// readCounted reads n bytes, of which it keeps messageMost.
func readCounted(in *bufio.Reader, n int) (string, error) {
	kept := make([]byte, 0, min(n, messageMost))
	for n > 0 {
		part, err := in.Peek(min(n, in.Size()))
		if len(part) == 0 {
			return strings.TrimRight(string(kept), "\x00\r\n"), err
		}
		if room := messageMost - len(kept); room > 0 {
			kept = append(kept, part[:min(len(part), room)]...)
		}
		m, derr := in.Discard(len(part))
		n -= m
		if derr != nil {
			return string(kept), derr
		}
		if err != nil && n > 0 {
			return string(kept), err
		}
	}
	return strings.TrimRight(string(kept), "\x00\r\n"), nil
}
