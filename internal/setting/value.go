package setting

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/diag"
)

// parse sets a value that is no list from its text.
func parse(v reflect.Value, text string) (err error) {
	switch p := v.Addr().Interface().(type) {
	case *time.Duration:
		*p, err = ParseDuration(text)
		return err
	case *netip.Prefix:
		*p, err = ParseNetwork(text)
		return err
	case encoding.TextUnmarshaler:
		return p.UnmarshalText([]byte(text))
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is not valid: use true or false", text)
		}
		v.SetBool(text == "true")
	case v.CanFloat():
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(n)
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return wholeNumber(text, err)
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if strings.HasPrefix(text, "-") {
			err = strconv.ErrRange
		}
		if err != nil {
			return wholeNumber(text, err)
		}
		v.SetUint(n)
	default:
		panic("setting: no values of type " + v.Type().String())
	}
	return nil
}

func wholeNumber(text string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return strconv.ErrRange
	}
	return fmt.Errorf("%q is not a whole number", text)
}

// parsed returns the value of a type that a tag has.
func parsed(t reflect.Type, text string) reflect.Value {
	v := reflect.New(t).Elem()
	if err := parse(v, text); err != nil {
		panic("setting: a tag: " + err.Error())
	}
	return v
}

func less(a, b reflect.Value) bool {
	switch {
	case a.CanInt():
		return a.Int() < b.Int()
	case a.CanUint():
		return a.Uint() < b.Uint()
	}
	return a.Float() < b.Float()
}

// plain returns a value that is no list as text, as parse reads it; a secret as Mask.
func plain(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return FormatDuration(x)
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		if err != nil {
			panic("setting: " + err.Error())
		}
		return string(text)
	}
	if v.Kind() == reflect.String {
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// render returns a value as a settings file has it, on one line.
func render(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice:
		entries := make([]string, v.Len())
		for i := range entries {
			entries[i] = render(v.Index(i))
		}
		return "[" + strings.Join(entries, ", ") + "]"
	case v.Kind() == reflect.Map:
		var entries []string
		for _, k := range v.MapKeys() {
			name := k.String()
			if !hclsyntax.ValidIdentifier(name) {
				name = render(k)
			}
			entries = append(entries, name+" = "+render(v.MapIndex(k)))
		}
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case isText(v.Type()):
		return string(hclwrite.TokensForValue(cty.StringVal(plain(v))).Bytes())
	}
	return plain(v)
}

// isText reports whether values of a type are written in quotes.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String || t == reflect.TypeFor[time.Duration]() || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

func typeName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "list of " + typeName(t.Elem()) + "s"
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Size]():
		return "size"
	case t == reflect.TypeFor[netip.Prefix]():
		return "network"
	case isText(t):
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64:
		return "decimal number"
	}
	return "number"
}

// NotOneOf is the error of a word that is not one of some.
func NotOneOf(word string, words ...string) error {
	last := len(words) - 1
	list := words[last]
	if last > 0 {
		list = strings.Join(words[:last], ", ") + " or " + list
	}
	if near := diag.Nearest(word, words); near != "" {
		return fmt.Errorf("%q is not valid; did you mean %q? Use %s", word, near, list)
	}
	return fmt.Errorf("%q is not valid: use %s", word, list)
}

// ParseNetwork reads a network in CIDR notation, or an address, which is a network of one.
func ParseNetwork(s string) (netip.Prefix, error) {
	if n, err := netip.ParsePrefix(s); err == nil {
		return n.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is not a network: write one as \"10.0.0.0/8\", an address as \"10.0.0.1\"", s)
}
