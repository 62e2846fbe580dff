package logsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// A mark is how far a source came.
type mark struct {
	Version int `json:"version"` // 0 is 1

	// Of a file: which it is, and how many of its bytes were dealt with. Head is a digest of its first HeadBytes.
	Inode     uint64 `json:"inode,omitempty"`
	Offset    int64  `json:"offset,omitempty"`
	Head      string `json:"head,omitempty"`
	HeadBytes int    `json:"head_bytes,omitempty"`
	// Seen are the heads of rotated files that were dealt with; nil where that was not taken down. Aside is a rotated file that is
	// read meanwhile.
	Seen  []string `json:"seen,omitzero"`
	Aside *mark    `json:"aside,omitempty"`
	// Generation counts the marks of a file: a position is one of these.
	Generation uint32 `json:"generation,omitempty"`
	// Of an event log: the bookmark. Of the journal: the entry, and its time in microseconds since 1970.
	Cursor string `json:"cursor,omitempty"`
	Time   int64  `json:"time,omitempty"`
}

// markVersion is that of the marks that this program writes.
const markVersion = 1

// A memory is the file that a mark is kept in; "" for none.
type memory string

// StateFile returns the name of a file in the directory in which a source of these settings remembers how far it came, "" where it
// remembers nothing.
func StateFile(c Config) string {
	var kept *Kept
	switch c := c.(type) {
	case *FileConfig:
		kept = &c.Kept
	case *JournalConfig:
		kept = &c.Kept
	case *EventLogConfig:
		kept = &c.Kept
	default:
		return ""
	}
	if kept.State == "" {
		return ""
	}
	return filepath.Join(kept.State, "state")
}

// memoryOf returns the memory of a source in a directory.
func memoryOf(dir, kind, name string) memory {
	if dir == "" {
		return ""
	}
	safe := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	return memory(filepath.Join(dir, kind+"-"+safe+".json"))
}

// errMark is what load returns for a file that says nothing, as one that a power failure left.
var errMark = errors.New("it is damaged")

// recall returns what is remembered; ok is false where nothing is, or where what there was is damaged, which it logs.
func (e *environment) recall(m memory) (at mark, ok bool, err error) {
	at, ok, err = m.load()
	if errors.Is(err, errMark) {
		e.opt.Log.Warn("how far a log was read is not known, and it is read as one that is new: from where begin says", "kind", e.kind, "name", e.name, "file", string(m), "error", err)
		return mark{}, false, nil
	}
	return at, ok, err
}

// load returns what is remembered; ok is false where nothing is. An error is that of reading it, stateversion.ErrLater, or errMark.
func (m memory) load() (out mark, ok bool, err error) {
	if m == "" {
		return out, false, nil
	}
	data, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	var of struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &of) != nil {
		return mark{}, false, errMark
	}
	if err := stateversion.Check(string(m), of.Version, markVersion); err != nil {
		return mark{}, false, err
	}
	if json.Unmarshal(data, &out) != nil {
		return mark{}, false, errMark
	}
	return out, true, nil
}

// time returns when something was remembered last.
func (m memory) time() time.Time {
	st, err := os.Stat(string(m))
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

// save remembers a mark, in place of the one before as a whole. It does not wait for the disk: what the kernel has survives the
// end of the program, and after the end of the machine some lines are read again.
func (m memory) save(x mark) error {
	if m == "" {
		return nil
	}
	x.Version = markVersion
	data, err := json.Marshal(x)
	if err != nil {
		return err
	}
	next := string(m) + ".next"
	if err := os.WriteFile(next, append(data, '\n'), 0o600); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("state: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(next), 0o750); err != nil {
			return fmt.Errorf("state: %w", err)
		}
		if err := os.WriteFile(next, append(data, '\n'), 0o600); err != nil {
			return fmt.Errorf("state: %w", err)
		}
	}
	return files.Rename(next, string(m))
}
