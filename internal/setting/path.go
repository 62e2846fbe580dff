package setting

import (
	"path/filepath"
	"reflect"
	"strings"
)

// resolve makes the paths of a setting relative to a directory, that of the settings file which names them. Of a command
// that is the program, the first word; a bare name of a program is looked for in PATH.
func (f Field) resolve(dir string) {
	values := []reflect.Value{f.value}
	if f.isList() {
		values = nil
		for i := range f.value.Len() {
			values = append(values, f.value.Index(i))
		}
	}
	for i, v := range values {
		p := v.String()
		named := f.program && (i > 0 || !strings.ContainsRune(p, filepath.Separator))
		if p != "" && !filepath.IsAbs(p) && !named {
			v.SetString(filepath.Join(dir, p))
		}
	}
}
