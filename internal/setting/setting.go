// Package setting is how settings are written, read, checked and shown. A part keeps its settings in a struct with
// typed fields whose tags have all else:
//
//	setting:"name"     the attribute; with ",required" it must be given and not be empty, with ",reload" a running
//	                   daemon takes a change over; ",path", ",program" and ",secret" are paths, relative to the
//	                   settings file, of anything, of a program with its arguments and of a file with a secret
//	default:"30s"      the value where none is given; of a list, words with spaces between; of a path that of Linux, see
//	                   package place; default_windows:"x" is another one for Windows, and so on
//	range:"1..600"     bounds, each optional; "0,1m.." takes zero, too
//	oneof:"text json"  the words that there are
//	most:"20"          the most entries of a list
//	doc:"A sentence."  what config show and the manual say
//
// A Source is two or three attributes. Fields of embedded structs belong to the same block. What no tag can say
// is for the struct's method Check.
package setting

import (
	"errors"
	"slices"
)

// A Problem is what is wrong with one setting.
type Problem struct {
	Setting string // the attribute; "" for the block as a whole
	Detail  string // a sentence that says what to write instead
}

// Error implements error.
func (p Problem) Error() string {
	if p.Setting == "" {
		return p.Detail
	}
	return p.Setting + ": " + p.Detail
}

// New returns settings with their defaults.
func New[T any]() *T {
	c := new(T)
	Defaults(c)
	return c
}

// Defaults gives the settings of structs their defaults.
func Defaults(structs ...any) {
	for _, f := range Fields(structs...) {
		if !f.hasDefault() {
			continue
		}
		if err := f.Set(f.defaults()...); err != nil {
			panic("setting: the default of " + f.Name + ": " + err.Error())
		}
	}
}

// Check returns all that is wrong with settings, in the order of the fields, then what the methods Check of the
// structs find. It looks at no file and no network.
func Check(structs ...any) []Problem {
	var ps []Problem
	for _, f := range Fields(structs...) {
		for _, err := range f.check() {
			ps = append(ps, Problem{f.Name, err.Error() + "."})
		}
	}
	return append(ps, CheckTogether(nil, structs...)...)
}

// CheckTogether returns what is wrong with settings as they go together, where Read found them: it leaves out what
// Read has reported already.
func CheckTogether(places map[string]Place, structs ...any) (ps []Problem) {
	for _, f := range Fields(structs...) {
		if f.source != nil {
			ps = append(ps, f.source.check(f, places)...)
		}
	}
	for _, s := range structs {
		if c, ok := s.(interface{ Check() []Problem }); ok {
			ps = append(ps, c.Check()...)
		}
	}
	return slices.DeleteFunc(ps, func(p Problem) bool { return places[p.Setting].Faulty })
}

// Valid returns what Check finds as one error; nil where nothing is wrong.
func Valid(structs ...any) error {
	var errs []error
	for _, p := range Check(structs...) {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}
