package setting

import (
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Hosts returns the hosts that structs of settings name, given by pointers: in servers, URLs, and secrets that are URLs;
// sorted. A secret that cannot be read names none.
func Hosts(structs ...any) []string {
	var out []string
	for _, s := range structs {
		out = appendHosts(out, reflect.ValueOf(s).Elem())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func appendHosts(out []string, v reflect.Value) []string {
	if !v.CanAddr() || !v.Addr().CanInterface() {
		return out
	}
	switch x := v.Addr().Interface().(type) {
	case *Server:
		return appendHost(out, x.Host)
	case *URL:
		return appendHost(out, x.Hostname())
	case *Secret:
		return appendHostOf(out, string(*x))
	case *Source:
		secret, err := x.Read("")
		if err != nil {
			return out
		}
		return appendHostOf(out, string(secret))
	}
	if v.Kind() == reflect.Struct {
		for i := range v.NumField() {
			out = appendHosts(out, v.Field(i))
		}
	}
	return out
}

// appendHostOf appends the host of a secret that is a URL.
func appendHostOf(out []string, secret string) []string {
	if u, err := url.Parse(secret); err == nil && u.Scheme != "" {
		return appendHost(out, u.Hostname())
	}
	return out
}

// appendHost appends an address, or a name that has a domain: what else stands where URLs of some services have their
// host is part of a secret.
func appendHost(out []string, host string) []string {
	if _, err := netip.ParseAddr(host); err == nil || strings.Contains(host, ".") || host == "localhost" {
		return append(out, host)
	}
	return out
}
