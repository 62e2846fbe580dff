package output

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/internal/files"
)

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
