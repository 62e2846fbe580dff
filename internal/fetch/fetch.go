// Package fetch gets files from web servers and from the disk, with bounds on everything that the other side has a say in:
// size, time, redirects, and what unpacks to more than it says.
package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/retry"
)

const (
	// connectWithin bounds the connection with its TLS handshake, headWithin the wait for the head of the answer, and stall
	// the wait for each part of its body.
	connectWithin = 10 * time.Second
	headWithin    = 30 * time.Second
	stall         = 30 * time.Second
	// whole bounds all of it: a server that sends a byte now and then does not keep its client for longer.
	whole = 10 * time.Minute
	// maxRedirects is what mirrors need, and less than a loop takes to hurt.
	maxRedirects = 5
	// maxRetry is the longest that a server may ask to stay away.
	maxRetry = 24 * time.Hour
)

// A Request is a wish for a file.
type Request struct {
	URL string // https, http or file
	Max int64  // bytes of the file, as sent and unpacked
	// Token goes to the server of URL, and no other: as a bearer token (RFC 6750), or where it is user:password in the Basic scheme
	// (RFC 7617); "" for none.
	Token string
	// ETag and LastModified are those of the answer before (RFC 9110, section 13.1); "" for none.
	ETag, LastModified string
	// Unpack unpacks a gzip file.
	Unpack bool
}

// An Answer is a file, or word that it is the one from before.
type Answer struct {
	Same               bool // there is no Data
	Data               []byte
	ETag, LastModified string
	Type               string // the media type that the server says, without parameters; "" where it says none
}

// A Failure is an answer that is not the file.
type Failure struct {
	Status int
	Retry  time.Duration // that the server asked to wait for, at most a day; 0 where it did not
}

// Error implements error.
func (f *Failure) Error() string {
	return fmt.Sprintf("the server answered %d %s", f.Status, http.StatusText(f.Status))
}

// A Client gets files. Any goroutine may use it.
type Client struct {
	http         *http.Client
	stall, whole time.Duration
}

// NewClient returns a client that trusts the certificates that the system does, and those of SSL_CERT_FILE and SSL_CERT_DIR, and
// goes through the proxies of the environment. agent is what it calls itself.
func NewClient(agent string) *Client {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectWithin}).DialContext,
		TLSHandshakeTimeout: connectWithin, ResponseHeaderTimeout: headWithin, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:  true,
		DisableCompression: true, // the bytes on the way count, and what they unpack to
	}
	return &Client{stall: stall, whole: whole, http: &http.Client{Transport: named{t, agent}, CheckRedirect: redirect}}
}

// HTTP returns the HTTP client, for protocols on top of it.
func (c *Client) HTTP() *http.Client { return c.http }

// named says who asks.
type named struct {
	http.RoundTripper
	agent string
}

// RoundTrip implements http.RoundTripper.
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", n.agent)
	return n.RoundTripper.RoundTrip(r)
}

var (
	errLoop      = fmt.Errorf("it redirects over %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from https to what anybody on the way can change")
)

// redirect follows to web servers, never away from TLS. Package http keeps a token from other hosts.
func redirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errLoop
	case via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https":
		return errDowngrade
	}
	return nil
}

// Get gets a file. Errors say what is wrong in words for people, without the URL, which may hold a secret.
func (c *Client) Get(ctx context.Context, r Request) (*Answer, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, errors.New("the URL cannot be read")
	}
	switch u.Scheme {
	case "file":
		return fromDisk(u, r)
	case "http", "https":
		return c.web(ctx, r)
	}
	return nil, fmt.Errorf("there is no way to get a file by %q; write https, http or file", u.Scheme)
}

// Path returns the path that a file URL names. On Windows a drive follows the third slash (RFC 8089, appendix E.2): file:///C:/path.
func Path(u *url.URL) (string, error) {
	if u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") {
		return "", errors.New("write the path of a file as file:///path, with three slashes")
	}
	name := filepath.FromSlash(u.Path)
	if filepath.VolumeName(name[1:]) != "" {
		name = name[1:]
	}
	return name, nil
}

// fromDisk reads a file. Its time is what a server's Last-Modified is.
func fromDisk(u *url.URL, r Request) (*Answer, error) {
	name, err := Path(u)
	if err != nil {
		return nil, err
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	a := &Answer{LastModified: st.ModTime().UTC().Format(time.RFC3339Nano)}
	if a.LastModified == r.LastModified {
		a.Same = true
		return a, nil
	}
	a.Data, err = body(f, r)
	return a, err
}

// web asks a server.
func (c *Client) web(ctx context.Context, r Request) (*Answer, error) {
	ctx, done := context.WithTimeoutCause(ctx, c.whole, errSlow)
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be read")
	}
	q.Header.Set("Accept-Encoding", "gzip")
	if user, password, both := strings.Cut(r.Token, ":"); both {
		q.SetBasicAuth(user, password)
	} else if r.Token != "" {
		q.Header.Set("Authorization", "Bearer "+r.Token)
	}
	if r.ETag != "" {
		q.Header.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		q.Header.Set("If-Modified-Since", r.LastModified)
	}
	resp, err := c.http.Do(q)
	if err != nil {
		return nil, Plain(err)
	}
	defer resp.Body.Close()
	a := &Answer{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	a.Type = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case resp.StatusCode == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		a.Same = true
		return a, nil
	case resp.StatusCode != http.StatusOK:
		return nil, &Failure{resp.StatusCode, retry.After(resp.Header.Get("Retry-After"), time.Now(), maxRetry)}
	case resp.ContentLength > r.Max:
		return nil, tooLarge(r.Max)
	}
	r.Unpack = r.Unpack || strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
	if a.Data, err = body(&watched{resp.Body, time.AfterFunc(c.stall, func() { cancel(errStalled) }), c.stall}, r); err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errStalled) || errors.Is(cause, errSlow) {
			err = cause
		}
		return nil, Plain(err)
	}
	return a, nil
}

var (
	errStalled = fmt.Errorf("the server sent nothing for %v in the middle of the file", stall)
	errSlow    = fmt.Errorf("the server was not done with the file after %v", whole)
)

// watched is a body whose every part has to come in time.
type watched struct {
	io.Reader
	timer *time.Timer
	stall time.Duration
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.stall)
	n, err := w.Reader.Read(p)
	w.timer.Stop()
	return n, err
}

func tooLarge(most int64) error { return fmt.Errorf("the file has over %d bytes", most) }

// body reads a file, and unpacks it where that is asked for and it is packed.
func body(from io.Reader, r Request) ([]byte, error) {
	data, err := atMost(from, r.Max)
	if err != nil {
		return nil, err
	}
	if !r.Unpack || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = atMost(z, r.Max)
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it is packed by gzip and cannot be unpacked: it is damaged or cut short")
	}
	return data, err
}

func atMost(from io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && int64(len(data)) > most {
		err = tooLarge(most)
	}
	return data, err
}

// Plain takes the URL out of an error of an HTTP client, and says in words for people what is wrong.
func Plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	switch {
	case errors.Is(err, errStalled), errors.Is(err, errSlow):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file was cut short on the way")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the server did not answer in time")
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%w; where the CA is your own, name it in SSL_CERT_FILE", err)
	}
	return err
}
