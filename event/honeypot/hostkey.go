package honeypot

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// maxKeyFile is more than any private key takes.
const maxKeyFile = 64 << 10

// hostKey reads a private key, or makes one and keeps it there. Without a path it is a new one each time.
func hostKey(path string) (ssh.Signer, error) {
	if path == "" {
		text, err := newHostKey()
		if err != nil {
			return nil, err
		}
		return ssh.ParsePrivateKey(text)
	}
	text, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeHostKey(path); err == nil {
			text, err = readKey(path)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: make the directory first (install -d -m 0700 %s)", err, filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: let the account that the program runs as read and write there, or write \"\" for a new key at each start", err)
	case err != nil:
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a private key without a passphrase (%w): remove it, and a new one is made", path, err)
	}
	return key, nil
}

func readKey(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s is not a key file: name one, or one that does not exist yet", path)
	}
	if st.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others may read %s: chmod 600 %s", path, path)
	}
	return os.ReadFile(path)
}

// newHostKey makes an Ed25519 key, in the form of ssh-keygen.
func newHostKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// makeHostKey makes the file of a key, whole or not at all. Where another made it meanwhile, that one stays.
func makeHostKey(path string) error {
	text, err := newHostKey()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".honeypot_key_*") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(f.Name(), path) // a file system without links
}
