package ast

import "github.com/ruleids/ruleids/packet"

// FuncID identifies a function of the language.
type FuncID uint8

// The functions. Len counts the characters of a string and the bytes of bytes; Lower and Upper fold ASCII and Unicode letters as expr-lang does.
const (
	FnLen FuncID = iota
	FnLower
	FnUpper
	FnAbs
	FnMin
	FnMax
	FnEntropy
	FnRegisteredDomain
	FnIsPrivate
	FnHour
	FnWeekday
	FnBitAnd
	FnNetwork
	FnCountry
	FnASN
	FnASOrg
	FnLog2
	FnIsLocal // in no CallExpr: it is an InExpr
)

// A Function is one row of the table of functions.
type Function struct {
	ID        FuncID
	Name      string
	Signature string // "entropy(s) number"
	Doc       string
}

var functions = []*Function{
	{FnLen, "len", "len(s) integer", "Characters of a string, bytes of bytes."},
	{FnLower, "lower", "lower(s) string", "The string in lower case."},
	{FnUpper, "upper", "upper(s) string", "The string in upper case."},
	{FnAbs, "abs", "abs(n) number", "The number without its sign."},
	{FnMin, "min", "min(n, n, …) number", "The least of two or more numbers. With one argument, in a window, it is the aggregate."},
	{FnMax, "max", "max(n, n, …) number", "The greatest of two or more numbers. With one argument, in a window, it is the aggregate."},
	{FnEntropy, "entropy", "entropy(s) number", "Shannon entropy of the bytes of a string, in bits a character: 0 for \"aaaa\", 8 at most."},
	{FnRegisteredDomain, "registered_domain", "registered_domain(name) string", "The part of a DNS name that someone registered, by the public suffix list: \"example.co.uk\" of \"a.b.example.co.uk\". Case is kept; a name without one is returned whole."},
	{FnIsPrivate, "is_private", "is_private(ip) boolean", "The address is private (RFC 1918, fc00::/7), loopback or link-local."},
	{FnIsLocal, "is_local", "is_local(ip) boolean", "The address is in list.home_nets: it is ours."},
	{FnHour, "hour", "hour(t, zone) integer", "Hour of the day, 0 to 23, of a time in seconds since 1970. The zone is a name of the IANA database, as 'Europe/Berlin'; without it the hour is that of UTC."},
	{FnWeekday, "weekday", "weekday(t, zone) integer", "Day of the week, 0 (Sunday) to 6 (Saturday), of a time in seconds since 1970. The zone is that of hour."},
	{FnBitAnd, "bitand", "bitand(a, b) integer", "The bits that are set in both integers."},
	{FnNetwork, "network", "network(ip, bits4, bits6) IP address", "The first address of the network of an address: bits4 is the length of its prefix for IPv4, 0 to 32, and bits6 for IPv6, 0 to 128. bits6 is 64 when left out."},
	{FnLog2, "log2", "log2(n) number", "The binary logarithm: 10 of 1024. A number that is not above 0 has none."},
	{FnCountry, "geoip.country", "geoip.country(ip) string", "The country where an address is registered, as two capital letters of ISO 3166-1: 'DE'. No value for an address that no file of rules.geoip knows."},
	{FnASN, "geoip.asn", "geoip.asn(ip) integer", "Number of the autonomous system that announces an address; no value where it is not known."},
	{FnASOrg, "geoip.as_org", "geoip.as_org(ip) string", "Organization of that autonomous system; no value where it is not known."},
}

// Functions returns the table of functions in the order of the reference. The caller must not change it.
func Functions() []*Function { return functions }

// FunctionByName returns the function with a name of the language; nil where there is none.
func FunctionByName(name string) *Function {
	for _, f := range functions {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Result returns the kind of the function's value for arguments that were checked.
func (f *Function) Result(args []Expr) packet.Kind {
	switch f.ID {
	case FnLen, FnHour, FnWeekday, FnBitAnd, FnASN:
		return packet.KindInt
	case FnLower, FnUpper, FnRegisteredDomain, FnCountry, FnASOrg:
		return packet.KindString
	case FnEntropy, FnLog2:
		return packet.KindFloat
	case FnIsPrivate, FnIsLocal:
		return packet.KindBool
	case FnNetwork:
		return packet.KindIP
	}
	for _, a := range args { // abs, min, max
		if a.Kind() == packet.KindFloat {
			return packet.KindFloat
		}
	}
	return packet.KindInt
}

// Asks reports whether the function asks files what is known of an address: it may have no value then.
func (f *Function) Asks() bool { return f.ID == FnCountry || f.ID == FnASN || f.ID == FnASOrg }
