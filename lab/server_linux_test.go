package lab

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// serveWeb serves HTTP on port 80 of the host: GET /N answers with N bytes, PUT throws away what it gets.
func (h *host) serveWeb() {
	h.t.Helper()
	l := h.listen(":80")
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		_, _ = w.Write(bytes.Repeat([]byte("ruleids "), n/8+1)[:n])
	})}
	go func() { _ = server.Serve(l) }()
	h.t.Cleanup(func() { _ = server.Close() })
}

// serveFTP serves as much of FTP (RFC 959) on port 21 of the host as it takes to be refused.
func (h *host) serveFTP() {
	h.t.Helper()
	l := h.listen(":21")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprint(c, "220 lab\r\n")
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "USER") {
						fmt.Fprint(c, "331 Password?\r\n")
						continue
					}
					fmt.Fprint(c, "530 No.\r\n")
					return
				}
			}()
		}
	}()
}

// A syslogServer takes messages over TCP with octet counts (RFC 6587), once it is told to read.
type syslogServer struct {
	read     chan struct{} // closed to begin
	messages chan int      // how many came on the connection, at its end
}

// serveSyslog serves one connection to port 601 of the host.
func (h *host) serveSyslog() syslogServer {
	h.t.Helper()
	l := h.listen(":601")
	s := syslogServer{make(chan struct{}), make(chan int, 1)}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		<-s.read
		in, n := bufio.NewReader(c), 0
		for {
			if _, err := message(in); err != nil {
				break
			}
			n++
		}
		s.messages <- n
	}()
	return s
}

// message reads a message with an octet count.
func message(in *bufio.Reader) (string, error) {
	count, err := in.ReadString(' ')
	if err != nil {
		return "", err
	}
	size, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil {
		return "", err
	}
	text := make([]byte, size)
	_, err = io.ReadFull(in, text)
	return string(text), err
}

// collect serves one connection of syslog to a TCP address of the host, and returns the messages, which end with it.
func (h *host) collect(address string) *record[string] {
	h.t.Helper()
	l, out := h.listen(address), newRecord[string]()
	go func() {
		defer out.end()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for in := bufio.NewReader(c); ; {
			text, err := message(in)
			if err != nil {
				return
			}
			out.add(text)
		}
	}()
	return out
}

// serveSSH serves SSH on port 22 of the host, and returns the arguments for ssh with which root may log in.
func (h *host) serveSSH() []string {
	h.t.Helper()
	dir := h.t.TempDir()
	for _, key := range []string{"host", "user"} {
		h.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
	}
	config := filepath.Join(dir, "sshd.conf")
	text := fmt.Sprintf("HostKey %s/host\nAuthorizedKeysFile %s/user.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n", dir, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	// sshd wants /run/sshd, and its own path. The mounts of a command in a namespace are its own.
	h.serve("Server listening on", "sh", "-c", `mount -t tmpfs none /run && mkdir /run/sshd && exec "$(command -v sshd)" -D -e -f "$1"`, "sh", config)
	return []string{"-F", "none", "-i", filepath.Join(dir, "user"), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"}
}

// serveDNS serves names below example.com on port 53 of the host.
func (h *host) serveDNS() {
	h.t.Helper()
	h.serve("started", "dnsmasq", "--no-daemon", "--log-facility=-", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
		"--user=root", "--pid-file", "--address=/example.com/"+remoteAddress)
}
