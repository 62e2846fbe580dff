//go:build unix

package files

import "os"

// SyncDirectory makes the names in a directory survive a crash of the machine.
func SyncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
