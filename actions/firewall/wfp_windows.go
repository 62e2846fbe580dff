package firewall

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tailscale/wf"
	"golang.org/x/sys/windows"
)

// The keys of what this program has in the platform. They were made at random, and never change.
var (
	wfpProvider = wf.ProviderID{Data1: 0x9d2ac5b1, Data2: 0x5f0e, Data3: 0x4c37, Data4: [8]byte{0x8a, 0x61, 0x3c, 0x20, 0xe7, 0x94, 0x1b, 0xd8}}
	wfpSublayer = wf.SublayerID{Data1: 0x41e8073c, Data2: 0xb2d9, Data3: 0x4f6a, Data4: [8]byte{0x97, 0x05, 0xd1, 0x6e, 0x2a, 0x88, 0xc4, 0x53}}
)

const (
	// sublayerWeight puts this program's sublayer before that of Windows' firewall: what one of them blocks, no other lets in.
	sublayerWeight = 0xf000
	// transactionWithin is how long another program may hold the platform's lock.
	transactionWithin = 10 * time.Second
)

// What the platform answers (fwpmu.h): FWP_E_FILTER_NOT_FOUND and the like, FWP_E_ALREADY_EXISTS.
const (
	fwpFilterNotFound   = windows.Errno(0x80320003)
	fwpProviderNotFound = windows.Errno(0x80320005)
	fwpSublayerNotFound = windows.Errno(0x80320007)
	fwpNotFound         = windows.Errno(0x80320008)
	fwpAlreadyExists    = windows.Errno(0x80320009)
)

// openKernel returns the backend wfp.
func openKernel(config *Config, log *slog.Logger) (backend, error) {
	if config.Backend != Wfp {
		return nil, fmt.Errorf("backend %q is none of Windows; write backend = %q, or backend = %q with a program of yours", config.Backend, Wfp, Command)
	}
	if config.Verdict == reject {
		return nil, fmt.Errorf("backend %q only drops packets; write verdict = %q, or leave it out", Wfp, drop)
	}
	return newWfp(config, &platform{}, log), nil
}

// AllowLock does nothing: only Linux has iptables.
func AllowLock(int) error { return nil }

// platform is the Windows Filtering Platform. The session is opened when it is needed.
type platform struct{ session *wf.Session }

func (p *platform) open() error {
	if p.session != nil {
		return nil
	}
	s, err := wf.New(&wf.Options{Name: "ruleids", Description: "Keeps out the targets of decisions", TransactionStartTimeout: transactionWithin})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return fmt.Errorf("the Windows Filtering Platform is for administrators: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the Windows Filtering Platform does not answer; is the service BFE stopped? %w", err)
	}
	p.session = s
	return nil
}

// installed reports whether provider and sublayer are there.
func (p *platform) installed() (bool, error) {
	providers, err := p.session.Providers()
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(providers, func(x *wf.Provider) bool { return x.ID == wfpProvider }) {
		return false, nil
	}
	sublayers, err := p.session.Sublayers()
	return slices.ContainsFunc(sublayers, func(x *wf.Sublayer) bool { return x.ID == wfpSublayer }), err
}

// install implements filterEngine.
func (p *platform) install() (missing bool, err error) {
	if err := p.open(); err != nil {
		return false, err
	}
	there, err := p.installed()
	if there || err != nil {
		return false, err
	}
	err = p.session.AddProvider(&wf.Provider{ID: wfpProvider, Name: "ruleids", Description: "Network intrusion detection"})
	if err == nil || errors.Is(err, fwpAlreadyExists) {
		err = p.session.AddSublayer(&wf.Sublayer{ID: wfpSublayer, Name: "ruleids", Description: "Targets that are kept out", Provider: wfpProvider, Weight: sublayerWeight})
	}
	if errors.Is(err, fwpAlreadyExists) {
		err = nil
	}
	return true, err
}

// keyOf is the key of a member's filter: the same at each start.
func keyOf(f memberFilter) wf.RuleID {
	h := sha256.Sum256([]byte(f.set.name() + " " + f.prefix.String() + " " + f.hook))
	return wf.RuleID{Data1: binary.LittleEndian.Uint32(h[0:]), Data2: binary.LittleEndian.Uint16(h[4:]), Data3: binary.LittleEndian.Uint16(h[6:]), Data4: [8]byte(h[8:16])}
}

// where returns the layer in which packets of a hook are looked at, and the field with their source.
func where(hook string, is4 bool) (wf.LayerID, wf.FieldID) {
	switch {
	case hook == "FORWARD" && is4:
		return wf.LayerIPForwardV4, wf.FieldIPSourceAddress
	case hook == "FORWARD":
		return wf.LayerIPForwardV6, wf.FieldIPSourceAddress
	case is4:
		return wf.LayerInboundTransportV4, wf.FieldIPRemoteAddress
	}
	return wf.LayerInboundTransportV6, wf.FieldIPRemoteAddress
}

// add implements filterEngine.
func (p *platform) add(f memberFilter) error {
	if err := p.remove(f); err != nil {
		return err
	}
	layer, field := where(f.hook, f.set.is4())
	r := &wf.Rule{
		ID: keyOf(f), Name: "ruleids " + string(f.set.kind()) + " " + f.prefix.String(), Layer: layer, Sublayer: wfpSublayer, Provider: wfpProvider,
		ProviderData: f.encode(), Conditions: []*wf.Match{{Field: field, Op: wf.MatchTypeEqual, Value: f.prefix}}, Action: wf.ActionBlock,
	}
	if err := p.session.AddRule(r); err != nil {
		return fmt.Errorf("the filter for %s: %w", f.prefix, err)
	}
	return nil
}

// remove implements filterEngine.
func (p *platform) remove(f memberFilter) error {
	if err := p.open(); err != nil {
		return err
	}
	if err := p.session.DeleteRule(keyOf(f)); err != nil && !absent(err) {
		return fmt.Errorf("the filter for %s: %w", f.prefix, err)
	}
	return nil
}

func absent(err error) bool {
	return slices.ContainsFunc([]error{fwpFilterNotFound, fwpProviderNotFound, fwpSublayerNotFound, fwpNotFound}, func(e error) bool { return errors.Is(err, e) })
}

// list implements filterEngine.
func (p *platform) list() (out []memberFilter, installed bool, err error) {
	if err := p.open(); err != nil {
		return nil, false, err
	}
	if installed, err = p.installed(); !installed || err != nil {
		return nil, installed, err
	}
	rules, err := p.session.Rules()
	for _, r := range rules {
		if r.Provider != wfpProvider {
			continue
		}
		if f, ok := decodeFilter(r.ProviderData); ok {
			out = append(out, f)
		}
	}
	return out, true, err
}

// uninstall implements filterEngine.
func (p *platform) uninstall() error {
	if err := p.open(); err != nil {
		return err
	}
	rules, err := p.session.Rules()
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Provider == wfpProvider {
			if derr := p.session.DeleteRule(r.ID); derr != nil && !absent(derr) {
				err = errors.Join(err, derr)
			}
		}
	}
	for _, derr := range []error{p.session.DeleteSublayer(wfpSublayer), p.session.DeleteProvider(wfpProvider)} {
		if derr != nil && !absent(derr) {
			err = errors.Join(err, derr)
		}
	}
	return err
}

func (p *platform) close() error {
	if p.session == nil {
		return nil
	}
	err := p.session.Close()
	p.session = nil
	return err
}
