package decision

import (
	"errors"
	"io"
	"os"
)

// swap gives a new file, which is open, the name of the journal, and makes it that. Windows renames no open file, nor
// another over one that is open, so both are closed meanwhile; what has the name afterwards is the journal.
func (j *journal) swap(f *os.File, name string) error {
	f.Close() // nothing that was not synced is needed of either
	j.f.Close()
	err := j.ops.rename(name, j.path)
	now, oerr := openLocked(j.path)
	if oerr == nil {
		_, oerr = now.Seek(0, io.SeekEnd)
		j.f = now
	}
	if oerr != nil {
		j.broken = true
	}
	return errors.Join(err, oerr)
}
