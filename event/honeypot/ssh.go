package honeypot

import (
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/ruleids/ruleids/packet"
)

// shell is an SSH server with a real key exchange that lets no one in.
type shell struct {
	key      ssh.Signer
	version  string
	attempts int
}

func newSSH(c *Config) (service, error) {
	key, err := hostKey(c.HostKeyFile)
	if err != nil {
		return nil, err
	}
	return &shell{key: key, version: c.banner(), attempts: c.MaxAttempts}, nil
}

// errRefused is the answer to every login.
var errRefused = errors.New("permission denied")

// exchanges are the key exchanges on offer: those of sshd on elliptic curves, of which a client has had one since 2011.
// Those on groups of primes cost the processor ten times as much, which packets need more.
func exchanges() []string {
	return []string{
		ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
	}
}

// serve implements service.
func (h *shell) serve(s *session) {
	v := &visitor{session: s}
	config := &ssh.ServerConfig{
		ServerVersion:               h.version,
		MaxAuthTries:                h.attempts,
		PasswordCallback:            v.password,
		KeyboardInteractiveCallback: v.interactive,
		PublicKeyCallback:           v.publicKey,
		AuthLogCallback:             v.tell,
	}
	config.KeyExchanges = exchanges()
	config.AddHostKey(h.key)
	// It fails in any case: with the connection, or with the last login.
	if c, _, _, err := ssh.NewServerConn(s, config); err == nil {
		_ = c.Close()
	}
	if s.logins == 0 && v.named {
		v.attempt(Event{Action: packet.HoneypotLogin, User: text(v.user, maxUser), Method: "none"})
	}
	if line := s.firstLine(); s.client == "" && strings.HasPrefix(line, "SSH-") {
		s.client = line // of one that went after the identification, as scanners do
	}
}

// A visitor is what one client's login came to so far: the library calls back for the method, then for the log.
type visitor struct {
	*session
	secret      string
	answered    bool // secret is what the client answered
	fingerprint string
	user        string // of a client that only asked for the methods
	named       bool
}

func (v *visitor) password(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	v.secret, v.answered = string(password), true
	return nil, errRefused
}

func (v *visitor) interactive(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	// As PAM asks, RFC 4256, section 3.2.
	answers, err := ask("", "", []string{"Password: "}, []bool{false})
	if err != nil {
		return nil, err
	}
	v.secret, v.answered = strings.Join(answers, " "), true
	return nil, errRefused
}

func (v *visitor) publicKey(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	v.fingerprint = ssh.FingerprintSHA256(key)
	return nil, errRefused
}

// tell reports each login, whatever its method, but not "none": that only asks which methods there are (RFC 4252, section
// 5.2), and every client begins with it. One that leaves it at that is reported when it has gone, for its user name.
func (v *visitor) tell(meta ssh.ConnMetadata, method string, _ error) {
	v.client = string(meta.ClientVersion())
	switch {
	case method == "none":
		v.user, v.named = meta.User(), true
		return
	case v.answered:
		v.login(meta.User(), v.secret, method)
	default:
		e := Event{Action: packet.HoneypotLogin, User: text(meta.User(), maxUser), Method: text(method, maxMethod)}
		if method == "publickey" {
			e.Data = v.fingerprint
		}
		v.attempt(e)
	}
	v.secret, v.answered = "", false
}
