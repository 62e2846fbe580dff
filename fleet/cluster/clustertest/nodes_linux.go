// Package clustertest starts NATS servers of a cluster for tests.
package clustertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Env is the environment variable that has tests start NATS servers; without it they are skipped.
const Env = "RULEIDS_FLEET_CLUSTER"

// size is how many NATS servers there are: one of them may be lost.
const size = 3

// Nodes are three NATS servers of one cluster, each a process, which talk by TLS to each other and to others.
type Nodes struct {
	URLs     []string
	User     string
	Password string // file with that of User
	CA       string // PEM file

	t       *testing.T
	dir     string
	command func(name string, args ...string) *exec.Cmd
	runs    [size]*exec.Cmd
}

// New builds the NATS server from the module that this program uses, and writes the settings of three at an address of this host,
// which Start starts. command makes their commands; nil for exec.Command. They end with the test.
func New(t *testing.T, address string, command func(name string, args ...string) *exec.Cmd) *Nodes {
	t.Helper()
	if os.Getenv(Env) == "" {
		t.Skip(Env + " is not set; make fleet-test sets it")
	}
	if command == nil {
		command = exec.Command
	}
	n := &Nodes{t: t, dir: t.TempDir(), User: "fleet", command: command}
	build := exec.Command("go", "build", "-o", n.file("nats-server"), "github.com/nats-io/nats-server/v2")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the NATS server cannot be built: %v\n%s", err, out)
	}
	n.Password, n.CA = n.file("password"), n.file("ca.crt")
	secret := rand.Text()
	n.write("password", []byte(secret+"\n"))
	n.certify(address)
	ports := freePorts(t, 2*size)
	var routes []string
	for _, port := range ports[size:] {
		routes = append(routes, fmt.Sprintf("nats://%s:%d", address, port))
	}
	for i := range size {
		// What docs/fleet.md says.
		n.write(fmt.Sprint(i, ".conf"), fmt.Appendf(nil, `server_name: nats%d
listen: %s:%d
max_payload: 8MB
jetstream { store_dir: %q }
authorization { user: fleet, password: %q }
tls { cert_file: %q, key_file: %q }
cluster {
  name: fleet
  listen: %s:%d
  routes: [%s]
  tls { cert_file: %[6]q, key_file: %[7]q, ca_file: %[11]q }
}
`, i, address, ports[i], n.file(fmt.Sprint(i)), secret, n.file("nats.crt"), n.file("nats.key"), address, ports[size+i], strings.Join(routes, ", "), n.CA))
		n.URLs = append(n.URLs, fmt.Sprintf("tls://%s:%d", address, ports[i]))
	}
	t.Cleanup(func() {
		for i := range n.runs {
			n.Kill(i)
		}
	})
	return n
}

func (n *Nodes) file(name string) string { return filepath.Join(n.dir, name) }

func (n *Nodes) write(name string, data []byte) {
	n.t.Helper()
	if err := os.WriteFile(n.file(name), data, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// certify writes a CA, and a certificate that all nodes show. Each node is a client of the others, too.
func (n *Nodes) certify(address string) {
	n.t.Helper()
	now := time.Now()
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "NATS CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "NATS"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter, IPAddresses: []net.IP{net.ParseIP(address)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			n.t.Fatal(err)
		}
		keys[i] = key
	}
	for name, c := range map[string]*x509.Certificate{"ca.crt": root, "nats.crt": leaf} {
		key := keys[c.SerialNumber.Int64()-1]
		der, err := x509.CreateCertificate(rand.Reader, c, root, key.Public(), keys[0])
		if err != nil {
			n.t.Fatal(err)
		}
		n.write(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(keys[1])
	if err != nil {
		n.t.Fatal(err)
	}
	n.write("nats.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// freePorts returns ports of this host that are free.
func freePorts(t *testing.T, count int) (ports []int) {
	t.Helper()
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// Start starts some of them, by number.
func (n *Nodes) Start(list ...int) {
	n.t.Helper()
	for _, i := range list {
		cmd := n.command(n.file("nats-server"), "-c", n.file(fmt.Sprint(i, ".conf")))
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
		if os.Getenv("FLEET_LOG") != "" {
			cmd.Stderr = os.Stderr
		}
		if err := cmd.Start(); err != nil {
			n.t.Fatal(err)
		}
		n.runs[i] = cmd
	}
}

// Kill ends one at once, as SIGKILL does.
func (n *Nodes) Kill(i int) {
	if n.runs[i] != nil {
		_ = n.runs[i].Process.Kill()
		_ = n.runs[i].Wait()
		n.runs[i] = nil
	}
}
