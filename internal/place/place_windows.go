package place

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Home returns the directory of all files of the program.
var Home = sync.OnceValue(func() string {
	data, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		data = `C:\ProgramData`
	}
	return filepath.Join(data, "ruleids")
})

// Pipe is the name of the pipe that the daemon answers on.
const Pipe = `\\.\pipe\ruleids`

// Of returns where this system has what Linux has at a path: all of it in one directory, and a pipe for the socket.
func Of(path string) string {
	for _, at := range []struct{ linux, here string }{{"/etc/ruleids", ""}, {"/var/lib/ruleids", "state"}, {"/var/log/ruleids", "log"}} {
		if rest, ok := strings.CutPrefix(path, at.linux+"/"); ok {
			return filepath.Join(Home(), at.here, filepath.FromSlash(rest))
		}
	}
	if path == "/run/ruleids/control.sock" {
		return Pipe
	}
	return path
}

// private lets the system and administrators do everything, also with what is in a directory, and other accounts nothing.
const private = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

// Make makes the directory of the program's files, for administrators and the system alone. Everybody may make directories
// where it is, so one that somebody else made is an error: who owns a directory may change what is in it.
func Make() error { return makePrivate(Home()) }

func makePrivate(dir string) error {
	sd, err := windows.SecurityDescriptorFromString(private)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	sa := &windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: sd}
	err = windows.CreateDirectory(name, sa)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		if err != nil {
			err = &fs.PathError{Op: "mkdir", Path: dir, Err: err}
		}
		return err
	}
	return checkOwner(dir)
}

// checkOwner returns an error where a directory belongs neither to administrators nor to the system nor to this process.
func checkOwner(dir string) error {
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return &fs.PathError{Op: "read the owner of", Path: dir, Err: err}
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return &fs.PathError{Op: "read the owner of", Path: dir, Err: err}
	}
	if owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
		return nil
	}
	if me, err := windows.GetCurrentProcessToken().GetTokenUser(); err == nil && me.User.Sid.Equals(owner) {
		return nil
	}
	name := owner.String()
	if account, domain, _, err := owner.LookupAccount(""); err == nil {
		name = domain + `\` + account
	}
	return fmt.Errorf("%s belongs to %s, who could change settings and rules in it; move it away", dir, name)
}
