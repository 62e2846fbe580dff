package setting

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// resolve makes the paths of a setting relative to a directory, that of the settings file which names them. Of a command
// that is the program, the first word; a bare name of a program is looked for in PATH. On Windows a path without a drive begins at
// the root of that of the directory, and one such as C:rules, which depends on where the shell of whoever starts the program was
// last on that drive, is an error.
func (f Field) resolve(dir string) error {
	values := []reflect.Value{f.value}
	if f.isList() {
		values = nil
		for i := range f.value.Len() {
			values = append(values, f.value.Index(i))
		}
	}
	for i, v := range values {
		p := v.String()
		named := f.program && (i > 0 || !strings.ContainsFunc(p, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) }))
		drive := filepath.VolumeName(p)
		switch {
		case p == "" || filepath.IsAbs(p) || named:
		case drive != "":
			return fmt.Errorf("%q has a drive and no slash behind it, so that it depends on the directory that somebody was in: write %s/%s", p, drive, p[len(drive):])
		case os.IsPathSeparator(p[0]):
			v.SetString(filepath.VolumeName(dir) + filepath.Clean(p))
		default:
			v.SetString(filepath.Join(dir, p))
		}
	}
	return nil
}
