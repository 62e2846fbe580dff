package setting

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/place"
)

// A Field is one setting of a struct, in place.
type Field struct {
	Name     string
	Doc      string
	Required bool // it must be given, and not be empty
	Reload   bool // a running daemon takes a change over

	path       bool    // relative to the settings file
	program    bool    // the path is that of a program, and what follows in a list are its arguments
	secretFile bool    // the path is that of a secret
	inSource   bool    // one of the attributes of a Source
	source     *Source // of which this is the last field
	needed     bool    // the source must be given
	value      reflect.Value
	tag        reflect.StructTag
}

// Fields returns the settings of structs, given by pointers, in the order of their fields.
func Fields(structs ...any) []Field {
	var out []Field
	for _, s := range structs {
		out = appendFields(out, reflect.ValueOf(s).Elem())
	}
	return out
}

func appendFields(out []Field, v reflect.Value) []Field {
	for i := range v.NumField() {
		t := v.Type().Field(i)
		name, options, _ := strings.Cut(t.Tag.Get("setting"), ",")
		if name == "" {
			if t.Anonymous {
				out = appendFields(out, v.Field(i))
			}
			continue
		}
		has := func(option string) bool { return slices.Contains(strings.Split(options, ","), option) }
		f := Field{Name: name, Doc: t.Tag.Get("doc"), Required: has("required"), Reload: has("reload"), value: v.Field(i), tag: t.Tag}
		f.secretFile, f.program = has("secret"), has("program")
		f.path = has("path") || f.secretFile || f.program
		if s, ok := f.value.Addr().Interface().(*Source); ok {
			out = append(out, s.fields(f, has("inline"))...)
			continue
		}
		out = append(out, f)
	}
	return out
}

func (f Field) isList() bool { return f.value.Kind() == reflect.Slice }
func (f Field) isMap() bool  { return f.value.Kind() == reflect.Map }

// IsList reports whether the setting is a list.
func (f Field) IsList() bool { return f.isList() }

// Type names the type of the setting, for people.
func (f Field) Type() string { return typeName(f.value.Type()) }

// String returns the value as a settings file has it, a secret as Mask.
func (f Field) String() string { return render(f.value) }

// IsSecret reports whether the value is a secret that was given.
func (f Field) IsSecret() bool { return !f.value.IsZero() && isSecret(f.value.Type()) }

func isSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t.Kind() == reflect.Map && t.Elem() == reflect.TypeFor[Secret]()
}

// IsSource reports whether the value is that of a Source.
func (f Field) IsSource() bool { return f.inSource }

// SecretFile returns the path of the file whose content is a secret; "" where the setting names none.
func (f Field) SecretFile() string {
	if !f.secretFile {
		return ""
	}
	return f.value.String()
}

// Same reports whether two fields of one name have the same value.
func (f Field) Same(g Field) bool {
	if !f.IsSecret() && f.value.Kind() == reflect.Struct {
		return plain(f.value) == plain(g.value)
	}
	return reflect.DeepEqual(f.value.Interface(), g.value.Interface())
}

func (f Field) hasDefault() bool { return f.tag.Get("default") != "" }

func (f Field) defaults() []string {
	d := f.tag.Get("default")
	if here, ok := f.tag.Lookup("default_" + runtime.GOOS); ok {
		d = here
	}
	if f.path {
		d = place.Of(d)
	}
	if f.isList() {
		return strings.Fields(d)
	}
	return []string{d}
}

// Set gives the setting the value that is written so: of a list its entries, of others the last word.
// After an error the value is as before.
func (f Field) Set(words ...string) error {
	if f.isMap() {
		return nil
	}
	v := reflect.New(f.value.Type()).Elem()
	if !f.isList() {
		if err := f.parse(v, words[max(0, len(words)-1):]...); err != nil {
			return err
		}
		f.value.Set(v)
		return nil
	}
	v.Set(reflect.MakeSlice(v.Type(), len(words), len(words)))
	for i, w := range words {
		if err := f.parse(v.Index(i), w); err != nil {
			return err
		}
	}
	if err := f.checkLength(v); err != nil {
		return err
	}
	f.value.Set(v)
	return nil
}

// parse reads one value, not a list, and checks it.
func (f Field) parse(v reflect.Value, words ...string) error {
	text := strings.Join(words, "")
	if err := f.checkWord(text); err != nil {
		return err
	}
	if err := parse(v, text); err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return f.outOfRange(v.Type(), text)
		}
		return err
	}
	return f.checkRange(v)
}

// check returns what is wrong with the value by itself.
func (f Field) check() (errs []error) {
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	switch {
	case f.isMap():
	case f.isList():
		for i := range f.value.Len() {
			add(f.checkWord(plain(f.value.Index(i))))
			add(f.checkRange(f.value.Index(i)))
		}
		add(f.checkLength(f.value))
	default:
		add(f.checkWord(plain(f.value)))
		add(f.checkRange(f.value))
	}
	return errs
}

// checkWord checks one value as it is written.
func (f Field) checkWord(text string) error {
	if f.Required && text == "" {
		return errors.New("it must not be empty")
	}
	if words := strings.Fields(f.tag.Get("oneof")); len(words) > 0 && !slices.Contains(words, text) {
		return NotOneOf(text, words...)
	}
	return nil
}

// checkLength checks the number of entries of a list.
func (f Field) checkLength(v reflect.Value) error {
	if f.Required && v.Len() == 0 {
		return errors.New("it must not be empty")
	}
	if most, err := strconv.Atoi(f.tag.Get("most")); err == nil && v.Len() > most {
		return fmt.Errorf("%d entries are too many: use at most %d", v.Len(), most)
	}
	return nil
}

// bounds returns the least and the greatest value as they are written, and whether zero is one that is beside them.
func (f Field) bounds() (least, greatest string, zero bool) {
	text, zero := strings.CutPrefix(f.tag.Get("range"), "0,")
	least, greatest, _ = strings.Cut(text, "..")
	return least, greatest, zero
}

func (f Field) checkRange(v reflect.Value) error {
	least, greatest, zero := f.bounds()
	if zero && v.IsZero() || !(least != "" && less(v, parsed(v.Type(), least)) || greatest != "" && less(parsed(v.Type(), greatest), v)) {
		return nil
	}
	return f.outOfRange(v.Type(), plain(v))
}

func (f Field) outOfRange(t reflect.Type, text string) error {
	least, greatest, zero := f.bounds()
	what := "use " + least + " to " + greatest
	switch {
	case least == "" && greatest == "":
		what = "use a smaller number"
	case greatest == "":
		what = "use at least " + least
	case least == "":
		what = "use at most " + greatest
	}
	if zero {
		what = strings.Replace(what, "use", "use "+plain(reflect.Zero(t))+", or", 1)
	}
	return fmt.Errorf("%s is out of range: %s", text, what)
}

// Restart returns the names of the settings that differ between two structs of one type and that a running daemon
// does not take over, in the order of the fields.
func Restart(running, wanted any) []string {
	var out []string
	now := Fields(running)
	for i, f := range Fields(wanted) {
		if !f.Reload && !f.Same(now[i]) {
			out = append(out, f.Name)
		}
	}
	return out
}
