package honeypot

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// errBudget ends a connection that sent, or was to be sent, more bytes than one may.
var errBudget = errors.New("the connection used up its bytes")

// A conn is a connection within bounds: of bytes in and out, of time in total, and of silence.
type conn struct {
	net.Conn
	idle time.Duration // a Read or Write may take; 0 leaves deadlines to the user of the connection

	in, out atomic.Int64 // bytes left

	mu   sync.Mutex
	end  *time.Timer // closes it when its time is over
	head []byte      // the first bytes that came, for clients that do not speak the protocol

	closing sync.Once
	err     error
}

func newConn(c net.Conn, config *Config) *conn {
	b := &conn{Conn: c, idle: min(config.Timeout, IdleTimeout)}
	b.in.Store(int64(config.MaxBytes))
	b.out.Store(int64(config.MaxBytes))
	b.mu.Lock() // it may be over before it is set
	defer b.mu.Unlock()
	b.end = time.AfterFunc(config.Timeout, func() { _ = b.Close() })
	return b
}

func (c *conn) Read(p []byte) (int, error) {
	left := c.in.Load()
	if left <= 0 {
		return 0, errBudget
	}
	if int64(len(p)) > left {
		p = p[:left]
	}
	if c.idle > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	c.in.Add(-int64(n))
	c.mu.Lock()
	if room := maxData - len(c.head); room > 0 {
		c.head = append(c.head, p[:min(n, room)]...)
	}
	c.mu.Unlock()
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if c.out.Add(-int64(len(p))) < 0 {
		return 0, errBudget
	}
	if c.idle > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(c.idle)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}

// Close may be called by any goroutine, more than once.
func (c *conn) Close() error {
	c.closing.Do(func() {
		c.mu.Lock()
		c.end.Stop()
		c.mu.Unlock()
		c.err = c.Conn.Close()
	})
	return c.err
}

// firstLine returns the first line that the client sent, or what came of it.
func (c *conn) firstLine() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	line, _, _ := bytes.Cut(c.head, []byte{'\n'})
	return string(bytes.TrimRight(line, "\r"))
}
