// Package api is what the daemon and those who ask it say to each other on the control socket: JSON over HTTP. It has the
// types and the client; the server is in package agent.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// A Client asks a running daemon on its control socket.
type Client struct {
	socket string
	http   http.Client
}

// NewClient returns a client of the daemon with the socket. It connects when it asks.
func NewClient(socket string) *Client {
	connect := func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, socket) }
	return &Client{socket: socket, http: http.Client{Transport: &http.Transport{DialContext: connect}}}
}

// Close ends the connections that wait for another question.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status asks how the daemon is.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	return ask[*Status](ctx, c, http.MethodGet, "/status", nil)
}

// Reload has the daemon load its rules again. A report that is not OK is no error.
func (c *Client) Reload(ctx context.Context) (*ReloadReport, error) {
	return ask[*ReloadReport](ctx, c, http.MethodPost, "/reload", nil)
}

// Rules asks for the rules that run.
func (c *Client) Rules(ctx context.Context) ([]RuleStatus, error) {
	return ask[[]RuleStatus](ctx, c, http.MethodGet, "/rules", nil)
}

// Top asks what is busiest.
func (c *Client) Top(ctx context.Context) (*Top, error) {
	return ask[*Top](ctx, c, http.MethodGet, "/top", nil)
}

// Tuning asks how large the values got that rules hold against their thresholds.
func (c *Client) Tuning(ctx context.Context) (*Tuning, error) {
	return ask[*Tuning](ctx, c, http.MethodGet, "/tuning", nil)
}

// A Failure is the body of an answer that is no success.
type Failure struct {
	Error string `json:"error"`
}

// query is one parameter of a path.
func query(name, value string) string { return url.Values{name: {value}}.Encode() }

// ask sends a request and returns the answer, the zero value with an error.
func ask[A any](ctx context.Context, c *Client, method, path string, body any) (answer A, err error) {
	err = c.ask(ctx, method, path, body, &answer)
	return answer, err
}

// ask sends a request and reads the answer. body is sent as it is where it is an io.Reader, else as JSON; nil is none.
// An answer that is an io.Writer gets the bytes.
func (c *Client) ask(ctx context.Context, method, path string, body, answer any) error {
	reader, ok := body.(io.Reader)
	if !ok && body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://ruleids"+path, reader)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	switch resp.StatusCode {
	case http.StatusOK, http.StatusUnprocessableEntity:
		if w, ok := answer.(io.Writer); ok {
			_, err := io.Copy(w, resp.Body)
			return err
		}
		if err := dec.Decode(answer); err != nil {
			return fmt.Errorf("the daemon's answer cannot be read: %w; is it of another version?", err)
		}
		return nil
	}
	var f Failure
	if dec.Decode(&f) == nil && f.Error != "" {
		return fmt.Errorf("the daemon says: %s", f.Error)
	}
	return fmt.Errorf("the daemon answers %s; is it of another version?", resp.Status)
}

// explain says what to do about a socket that does not answer.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no daemon answers on %s; start one with ruleids run -i, or name its socket with --socket", c.socket)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w; run this as %s", c.socket, fs.ErrPermission, who)
	}
	return err
}

// TestNotifier has a notifier send a test message.
func (c *Client) TestNotifier(ctx context.Context, name string) error {
	return c.ask(ctx, http.MethodPost, "/notify/test?"+query("name", name), nil, &struct{}{})
}
