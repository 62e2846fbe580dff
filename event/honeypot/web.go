package honeypot

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
)

// web is an HTTP server that asks for a user name and a password for every page.
type web struct{ server string }

const (
	// maxHeader is the bytes of a request's header, to which net/http adds 4 KiB.
	maxHeader    = 4 << 10
	unauthorized = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>401 Unauthorized</title>
</head><body>
<h1>Unauthorized</h1>
<p>This server could not verify that you
are authorized to access the document
requested.  Either you supplied the wrong
credentials (e.g., bad password), or your
browser doesn't understand how to supply
the credentials required.</p>
</body></html>
`
)

// serve implements service. Each connection has a server, so that all that is known of the client is at hand and the end
// of the one is that of the other.
func (w web) serve(s *session) {
	// The server sets deadlines itself, and interrupts its reads by them.
	idle := s.idle
	s.idle = 0
	one := &single{conn: s.conn, over: make(chan struct{})}
	server := &http.Server{
		Handler:           http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.refuse(s, rw, r) }),
		ReadHeaderTimeout: idle, ReadTimeout: idle, WriteTimeout: idle, IdleTimeout: idle,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(io.Discard, "", 0), // it is the client's doing
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(one.over)
			}
		},
	}
	_ = server.Serve(one) // it ends with the connection
}

// refuse answers a request.
func (w web) refuse(s *session, rw http.ResponseWriter, r *http.Request) {
	s.client = r.UserAgent()
	going := s.command(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, r.Proto))
	if user, password, ok := r.BasicAuth(); ok {
		s.login(user, password, "basic")
	}
	h := rw.Header()
	h.Set("Server", w.server)
	h.Set("WWW-Authenticate", `Basic realm="Restricted Area"`)
	h.Set("Content-Type", "text/html; charset=iso-8859-1")
	if !going || s.exhausted() {
		h.Set("Connection", "close")
	}
	rw.WriteHeader(http.StatusUnauthorized)
	_, _ = io.Copy(rw, strings.NewReader(unauthorized)) // a client that is gone is found by the next read
}

// single is a listener that has one connection, and none after that until it is over.
type single struct {
	conn  net.Conn
	given bool
	over  chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.conn, nil
	}
	<-l.over
	return nil, net.ErrClosed
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }
