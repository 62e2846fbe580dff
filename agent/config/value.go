package config

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/setting"
)

// prefixes are networks; a plain address is one of its own.
type prefixes []netip.Prefix

// ports are port numbers.
type ports []int

// typeOf names the type of what p points to, for people.
func typeOf(p any) string {
	switch p.(type) {
	case *string:
		return "text"
	case *int:
		return "number"
	case *float64:
		return "decimal number"
	case *ports:
		return "list of numbers"
	case *Size:
		return "size"
	case *bool:
		return "true or false"
	case *time.Duration:
		return "duration"
	case *prefixes:
		return "list of networks"
	}
	return "list of texts"
}

// store sets what p points to.
func store(p, v any) {
	switch p := p.(type) {
	case *string:
		*p = v.(string)
	case *int:
		*p = v.(int)
	case *float64:
		*p = v.(float64)
	case *ports:
		*p = v.(ports)
	case *Size:
		*p = v.(Size)
	case *bool:
		*p = v.(bool)
	case *time.Duration:
		*p = v.(time.Duration)
	case *[]string:
		*p = v.([]string)
	case *prefixes:
		*p = v.(prefixes)
	}
}

// render writes what p points to as a settings file has it.
func render(p any) string {
	var v cty.Value
	switch p := p.(type) {
	case *string:
		v = cty.StringVal(*p)
	case *int:
		return strconv.Itoa(*p)
	case *float64:
		return strconv.FormatFloat(*p, 'g', -1, 64)
	case *ports:
		words := make([]cty.Value, len(*p))
		for i, n := range *p {
			words[i] = cty.NumberIntVal(int64(n))
		}
		v = cty.TupleVal(words)
	case *Size:
		v = cty.StringVal(p.String())
	case *bool:
		return strconv.FormatBool(*p)
	case *time.Duration:
		v = cty.StringVal(shortDuration(*p))
	case *[]string:
		v = texts(*p)
	case *prefixes:
		words := make([]string, len(*p))
		for i, n := range *p {
			words[i] = n.String()
		}
		v = texts(words)
	}
	return string(hclwrite.TokensForValue(v).Bytes())
}

func texts(words []string) cty.Value {
	if len(words) == 0 {
		return cty.EmptyTupleVal
	}
	out := make([]cty.Value, len(words))
	for i, w := range words {
		out[i] = cty.StringVal(w)
	}
	return cty.TupleVal(out)
}

// shortDuration writes a duration without the zero units that time.Duration ends with: "5m", not "5m0s".
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// fromText sets what p points to from a flag or an environment variable. Several texts are the entries of a
// list.
func fromText(p any, words ...string) error {
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	switch p := p.(type) {
	case *string:
		*p = last
	case *int:
		n, err := strconv.Atoi(last)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", last)
		}
		*p = n
	case *float64:
		f, err := strconv.ParseFloat(last, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%q is not a number", last)
		}
		*p = f
	case *ports:
		out := ports{}
		for _, w := range words {
			n, err := strconv.Atoi(w)
			if err != nil {
				return fmt.Errorf("%q is not a whole number", w)
			}
			out = append(out, n)
		}
		*p = out
	case *bool:
		if last != "true" && last != "false" {
			return fmt.Errorf("%q is neither true nor false", last)
		}
		*p = last == "true"
	case *Size:
		n, err := setting.ParseSize(last)
		if err != nil {
			return err
		}
		*p = Size(n)
	case *time.Duration:
		d, err := setting.ParseDuration(last)
		if err != nil {
			return err
		}
		*p = d
	case *[]string:
		*p = append([]string{}, words...)
	case *prefixes:
		out := prefixes{}
		for _, w := range words {
			n, err := network(w)
			if err != nil {
				return err
			}
			out = append(out, n)
		}
		*p = out
	}
	return nil
}

// isList reports whether p points to a list.
func isList(p any) bool {
	switch p.(type) {
	case *[]string, *prefixes, *ports:
		return true
	}
	return false
}

// network reads a network in CIDR notation, or an address, which is a network of one.
func network(s string) (netip.Prefix, error) {
	if n, err := netip.ParsePrefix(s); err == nil {
		return n.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is not a network: write one as \"10.0.0.0/8\", an address as \"10.0.0.1\"", s)
}

// fromHCL sets what p points to from a value of a settings file. Numbers and truth values are written without
// quotes there.
func fromHCL(p any, v cty.Value) error {
	wrong := fmt.Errorf("it needs %s", map[string]string{
		"text": "a text in quotes", "number": "a whole number", "decimal number": "a number", "list of numbers": "a list of whole numbers, as [22, 2222]", "size": "a size in quotes, as \"64MiB\", or a number of bytes",
		"true or false": "true or false", "duration": "a duration in quotes, as \"30s\"",
		"list of texts": "a list of texts, as [\"…\"]", "list of networks": "a list of networks, as [\"10.0.0.0/8\"]",
	}[typeOf(p)])
	if v.IsNull() || !v.IsWhollyKnown() {
		return wrong
	}
	if isList(p) {
		if !v.Type().IsTupleType() {
			return wrong
		}
		words := []string{}
		for _, e := range v.AsValueSlice() {
			if _, numbers := p.(*ports); numbers && !e.IsNull() && e.Type() == cty.Number {
				words = append(words, e.AsBigFloat().Text('g', -1))
				continue
			} else if numbers || e.IsNull() || e.Type() != cty.String {
				return wrong
			}
			words = append(words, e.AsString())
		}
		return fromText(p, words...)
	}
	switch v.Type() {
	case cty.String:
		switch p.(type) {
		case *string, *Size, *time.Duration:
			return fromText(p, v.AsString())
		}
	case cty.Bool:
		if b, ok := p.(*bool); ok {
			*b = v.True()
			return nil
		}
	case cty.Number:
		if f, ok := p.(*float64); ok {
			*f, _ = v.AsBigFloat().Float64()
			return nil
		}
		n, acc := v.AsBigFloat().Int64()
		if acc != big.Exact {
			return wrong
		}
		switch p := p.(type) {
		case *int:
			*p = int(n)
			return nil
		case *Size:
			return fromText(p, strconv.FormatInt(n, 10))
		}
	}
	return wrong
}
