package host

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxIncludes bounds how deep Include goes, as sshd does.
const maxIncludes = 16

// sshPort is the registered port of SSH (RFC 4251, section 7).
const sshPort = 22

// SSHPorts returns the ports that sshd_config(5) of this host has the server listen on, sorted; 22 where it names none,
// or there is no such file. With an error, that of a file which cannot be read, the ports are those of all others.
func SSHPorts() ([]uint16, error) { return sshdPorts(sshdConfig()) }

func sshdPorts(path string) ([]uint16, error) {
	out, err := sshdPortsIn(path, filepath.Dir(path), 0)
	if len(out) == 0 {
		return []uint16{sshPort}, err
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

func sshdPortsIn(path, dir string, depth int) (out []uint16, fault error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || depth > maxIncludes {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n=\"", r) })
		if len(words) < 2 {
			continue
		}
		add := func(s string) {
			if n, err := strconv.ParseUint(s, 10, 16); err == nil && n > 0 {
				out = append(out, uint16(n))
			}
		}
		switch strings.ToLower(words[0]) {
		case "port":
			add(words[1])
		case "listenaddress":
			if _, port, err := net.SplitHostPort(words[1]); err == nil {
				add(port)
			}
		case "include":
			for _, pattern := range words[1:] {
				if !filepath.IsAbs(pattern) {
					pattern = filepath.Join(dir, pattern)
				}
				names, _ := filepath.Glob(pattern) // sorted; a bad pattern has none
				for _, name := range names {
					more, err := sshdPortsIn(name, dir, depth+1)
					out, fault = append(out, more...), errors.Join(fault, err)
				}
			}
		case "match": // what follows is for some connections only, and has no ports
			return out, fault
		}
	}
	return out, fault
}
