package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/fleet/server"
)

// A serverClient asks a server on this host, by the socket in its directory.
type serverClient struct {
	http *http.Client
	data string
	c    *config.Config
}

func (f *serverFlags) client(a *app) (*serverClient, error) {
	c, err := f.load(a)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.Server.Data, server.SocketFile)
	dialer := &net.Dialer{}
	return &serverClient{c: c, data: c.Server.Data, http: &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", path)
	}}}}, nil
}

// ask sends a request with a body, nil for none, and reads the answer into out, nil where it does not matter. Where no
// server runs, what needs none is done in its directory.
func (c *serverClient) ask(ctx context.Context, method, path string, body, out any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://server"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		if answer, err = c.alone(r, text); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may only be asked by who runs the server: try with sudo", filepath.Join(c.data, server.SocketFile))
	case err != nil:
		return err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		var fault struct{ Error string }
		if json.Unmarshal(got, &fault) != nil || fault.Error == "" {
			fault.Error = answer.Status
		}
		return errors.New(fault.Error)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got, out)
}

// alone answers a request without a server, from what is in its directory.
func (c *serverClient) alone(r *http.Request, body []byte) (*http.Response, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, err := server.Alone(r, c.data, slog.New(slog.DiscardHandler))
	if errors.Is(err, server.ErrNeedsServer) {
		return nil, fmt.Errorf("no server runs in %s; start it with: ruleids server --data %[1]s", c.data)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w: this may only be done by who runs the server; try with sudo, or name its directory with --data", err)
	}
	return answer, err
}

// ask asks the server that the flags name.
func (f *serverFlags) ask(a *app, cmd *cobra.Command, method, path string, body, out any) error {
	c, err := f.client(a)
	if err != nil {
		return err
	}
	return c.ask(cmd.Context(), method, path, body, out)
}

// A serverList is a command that lists what a server has of something. L is the API's answer.
type serverList[L any] struct {
	use, short, long, example string
	path                      func() string // of the API, with its parameters
	items                     func(L) any   // what --format json writes
	rows                      func(L) [][]string
	heads                     []string
}

// command makes it a command.
func (l serverList[L]) command(a *app) *cobra.Command {
	var f serverFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use: l.use, Short: l.short, Long: l.long, Example: l.example,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list L
			if err := f.ask(a, cmd, "GET", l.path(), nil, &list); err != nil {
				return err
			}
			return a.answer(format, l.items(list), false, func(b *strings.Builder, color bool) {
				writeTable(b, append([][]string{l.heads}, l.rows(list)...), headed(color))
			})
		},
	}
	f.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}
