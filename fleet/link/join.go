// Package link is an agent's side of a fleet: it joins a server, keeps alerts on the disk until the server has them on its
// own, and hears what the server tells.
package link

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// A Membership is what an agent knows of itself and its server.
type Membership struct {
	Version     int    `json:"version,omitempty"` // of what is in the directory, the queue too; 0 is 1
	ID          string `json:"id"`
	Name        string `json:"name"`
	Server      string `json:"server"` // host:port that it connects to
	CA          string `json:"ca"`     // pin
	OperatorKey string `json:"operator_key,omitempty"`
	// Servers are those that share the work, Server among them or not: any will do. There are none where Server is alone.
	Servers []string `json:"servers,omitempty"`
}

// addresses returns where to connect to, in the order of the tries: which comes first is left to chance, so that many agents
// spread over many servers, and the one of the file comes last where it is none of them.
func (m *Membership) addresses() []string {
	out := slices.Clone(m.Servers)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if !slices.Contains(out, m.Server) {
		out = append(out, m.Server)
	}
	return out
}

// maxServers bounds the servers that an agent knows.
const maxServers = 64

// learn takes over which servers there are.
func (m *Membership) learn(dir string, servers []string) error {
	servers = servers[:min(len(servers), maxServers)]
	for _, at := range servers {
		if _, _, err := net.SplitHostPort(at); err != nil {
			return err
		}
	}
	if len(servers) == 0 || slices.Equal(servers, m.Servers) {
		return nil
	}
	next := *m
	next.Servers = slices.Clone(servers)
	text, err := json.MarshalIndent(&next, "", "  ")
	if err != nil {
		return err
	}
	if err := files.Write(filepath.Join(dir, memberFile), append(text, '\n'), 0o640); err != nil {
		return err
	}
	m.Servers = next.Servers
	return nil
}

// memberVersion is that of the directories that this program makes.
const memberVersion = 1

// The files of a membership.
const (
	memberFile = "member.json"
	keyFile    = "agent.key"
	certFile   = "agent.crt"
	caFile     = "ca.crt"
)

// ErrNone is returned where a directory holds no membership.
var ErrNone = errors.New("this host belongs to no fleet")

// A JoinRequest asks for membership.
type JoinRequest struct {
	Server string // host:port of its page
	Token  string
	Pin    string // of its CA
	Name   string // of the agent
	Dir    string // for the membership
	Owner  int    // account to give the files to; -1 for none
	Group  int
}

const joinWithin = 30 * time.Second

// Join makes this host an agent. The key never leaves it.
func Join(ctx context.Context, q JoinRequest) (*Membership, error) {
	if _, err := Read(q.Dir); err == nil {
		return nil, fmt.Errorf("%s holds a membership already; remove the directory to join again", q.Dir)
	}
	host, _, err := net.SplitHostPort(q.Server)
	if err != nil {
		return nil, fmt.Errorf("%q is not host:port of a server", q.Server)
	}
	if err := os.MkdirAll(q.Dir, 0o750); err != nil {
		return nil, err
	}
	key, err := pki.NewKey()
	if err != nil {
		return nil, err
	}
	csr, err := pki.Request(key)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"token": q.Token, "name": q.Name, "request": base64.StdEncoding.EncodeToString(csr)})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+q.Server+"/api/v1/join", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	conf := pki.Pinned(q.Pin)
	conf.ServerName = fleet.JoinName
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: conf, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer c.CloseIdleConnections()
	answer, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusCreated {
		var fault struct{ Error string }
		if json.Unmarshal(text, &fault) != nil || fault.Error == "" {
			fault.Error = answer.Status
		}
		return nil, errors.New(fault.Error)
	}
	var got struct {
		ID, Name, Certificate, CA string
		Port                      int
		OperatorKey               string `json:"operator_key"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, fmt.Errorf("the server's answer: %w", err)
	}
	ca, err := parse(got.CA)
	if err != nil || pki.Pin(ca) != q.Pin {
		return nil, errors.New("the server's answer has another CA than --ca says")
	}
	if got.Port == 0 {
		return nil, errors.New("the server takes no agents: its server { agents } is 0")
	}
	m := &Membership{Version: memberVersion, ID: got.ID, Name: got.Name, Server: net.JoinHostPort(host, strconv.Itoa(got.Port)), CA: q.Pin, OperatorKey: got.OperatorKey}
	if err := m.write(q.Dir, key, got.Certificate, got.CA); err != nil {
		return nil, err
	}
	return m, own(q.Dir, q.Owner, q.Group)
}

// write writes the membership; the file that makes it one comes last.
func (m *Membership) write(dir string, key *ecdsa.PrivateKey, cert, ca string) error {
	if err := pki.WriteKey(filepath.Join(dir, keyFile), key); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{certFile, []byte(cert)}, {caFile, []byte(ca)}, {memberFile, append(text, '\n')}} {
		if err := files.Write(filepath.Join(dir, f.name), f.data, 0o640); err != nil {
			return err
		}
	}
	return nil
}

// own gives the directory and what is in it to an account.
func own(dir string, owner, group int) error {
	if owner < 0 {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, owner, group)
	})
}

// Read returns the membership in a directory; ErrNone where there is none.
func Read(dir string) (*Membership, error) {
	text, err := os.ReadFile(filepath.Join(dir, memberFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	m := &Membership{}
	err = json.Unmarshal(text, m)
	// What else is in a later one may have another form, so that err is no reason to send people to join again.
	if later := stateversion.Check(dir, m.Version, memberVersion); later != nil {
		return nil, later
	}
	if err != nil || m.ID == "" || m.Server == "" {
		return nil, fmt.Errorf("%s cannot be read; remove the directory and join again", filepath.Join(dir, memberFile))
	}
	return m, nil
}

func parse(text string) (*x509.Certificate, error) {
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		return nil, errors.New("there is no certificate")
	}
	return x509.ParseCertificate(b.Bytes)
}

// writePair writes a key and its certificate so that a crash between the two leaves a pair: what is new is written beside the
// old first, and readCredentials takes it from there.
func writePair(dir string, key *ecdsa.PrivateKey, cert []byte) error {
	if err := pki.WriteKey(filepath.Join(dir, keyFile+nextSuffix), key); err != nil {
		return err
	}
	if err := files.Write(filepath.Join(dir, certFile), cert, 0o640); err != nil {
		return err
	}
	return files.Rename(filepath.Join(dir, keyFile+nextSuffix), filepath.Join(dir, keyFile))
}

// nextSuffix ends the name of the key of a certificate that is being renewed.
const nextSuffix = ".next"

// credentials are the certificate and the CA of a membership.
type credentials struct {
	pair *tls.Certificate
	ca   *x509.CertPool
}

func readCredentials(dir string) (*credentials, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
	if err != nil {
		// Killed in the middle of writePair: the key beside it is the one of the certificate.
		next, err2 := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile+nextSuffix))
		if err2 != nil {
			return nil, err
		}
		pair = next
		if err := files.Rename(filepath.Join(dir, keyFile+nextSuffix), filepath.Join(dir, keyFile)); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		return nil, err
	}
	ca, err := parse(string(text))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return &credentials{&pair, pool}, nil
}

// verify checks the chain of a server. Its name is not looked at: who has a server's certificate of the CA that was pinned is
// the server, under whatever name it is reached.
func (c *credentials) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the server shows no certificate")
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: c.ca, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}
