package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/netutil"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/ui"
)

// maxConns bounds the connections of people and programs.
const maxConns = 4000

// listen opens the sockets of HTTP.
func (s *Server) listen() error {
	if at := s.opt.Settings.Listen; at != "" {
		if s.page = s.own; s.opt.Settings.Certificate != "" {
			var err error
			if s.page, err = s.show("the page", s.pageCertificate); err != nil {
				return err
			}
		}
		in, err := net.Listen("tcp", string(at))
		if err != nil {
			return fmt.Errorf("server: listen: %w", err)
		}
		conf := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			// An agent that joins knows the CA by its pin, and asks for the CA's own certificate by a name that no host has.
			if h.ServerName == fleet.JoinName {
				return s.own.current(), nil
			}
			return s.page.current(), nil
		}}
		mux := http.NewServeMux()
		handler := s.api.Handler(false)
		for _, path := range []string{"/api/", "/healthz", "/metrics"} {
			mux.Handle(path, handler)
		}
		mux.Handle("/", ui.Handler())
		s.servers = append(s.servers, listening{"page", s.newHTTP(strict(mux)), tls.NewListener(netutil.LimitListener(in, maxConns), conf)})
	}
	if at := s.opt.Settings.Redirect; at != "" {
		in, err := net.Listen("tcp", string(at))
		if err != nil {
			return fmt.Errorf("server: redirect: %w; 0 for none", err)
		}
		s.servers = append(s.servers, listening{"redirect", s.newHTTP(s.redirect()), netutil.LimitListener(in, maxConns)})
	}
	path := filepath.Join(s.opt.Settings.Data, SocketFile)
	_ = os.Remove(path) // of a server that was killed: the lock is ours
	in, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	s.servers = append(s.servers, listening{"socket", s.newHTTP(s.api.Handler(true)), in})
	return os.Chmod(path, 0o600)
}

// strict tells browsers to come by TLS only.
func strict(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}

// redirect leads to the page. Hosts that the server does not know are answered by the first name that it has: what a
// request calls its host is no place to send anybody to.
func (s *Server) redirect() http.Handler {
	known := s.names()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.Trim(host, "[]")
		if !slices.Contains(known, host) {
			host = known[0]
		}
		at := net.JoinHostPort(host, fmt.Sprint(port(s.opt.Settings.Listen)))
		http.Redirect(w, r, "https://"+at+"/", http.StatusPermanentRedirect)
	})
}

// names are what the server may be called: the names of the settings first, then those of the host.
func (s *Server) names() []string {
	out := slices.Clone(s.opt.Settings.Names)
	if name, err := os.Hostname(); err == nil && name != "" {
		out = append(out, name)
	}
	out = append(out, "localhost", "127.0.0.1", "::1")
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
				out = append(out, n.IP.String())
			}
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(name string) bool {
		was := seen[name]
		seen[name] = true
		return was
	})
}

// A demonstration makes up a fleet.
type demonstration struct {
	run func(context.Context) error
	key string
}
