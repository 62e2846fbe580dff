//go:build unix

package decision

import "os"

// swap gives a new file, which is open, the name of the journal, and makes it that.
func (j *journal) swap(f *os.File, name string) error {
	if err := j.ops.rename(name, j.path); err != nil {
		return err
	}
	j.f.Close() // nothing that was not synced is needed of it
	j.f = f
	return nil
}
