package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/host"
)

// A closer is something that has to be closed where the daemon does not start.
type closer interface{ Close() error }

// closeAll closes what was opened, the last first, after an error that is to be told instead of theirs.
func closeAll(opened []closer) {
	for _, o := range slices.Backward(opened) {
		_ = o.Close()
	}
}

// prepareResponses makes the folders that decisions are kept in, while the daemon may, for the account that it will
// run as. It returns the ports of SSH servers, which only root may be able to read.
func prepareResponses(c *config.Config, account *agent.Account, log *slog.Logger) ([]uint16, error) {
	for _, s := range []struct{ setting, path string }{{"journal", c.Response.Journal}, {"audit", c.Response.Audit}} {
		if s.path == "" {
			continue
		}
		if err := ownFolder(filepath.Dir(s.path), account); err != nil {
			return nil, fmt.Errorf("response: %w; name another place with response { %s = … }", err, s.setting)
		}
	}
	for _, h := range c.Honeypots {
		for _, path := range []string{h.Config.Log, h.Config.HostKeyFile} {
			if path == "" {
				continue
			}
			if err := ownFolder(filepath.Dir(path), account); err != nil {
				return nil, fmt.Errorf("honeypot %q: %w; name another place", h.Name, err)
			}
		}
	}
	if account != nil && c.Firewall.Backend == firewall.Iptables {
		if err := firewall.AllowLock(account.GID); err != nil {
			log.Warn("iptables-legacy may not work: its lock cannot be opened to the account", "account", account.Name, "error", err)
		}
	}
	ports, err := host.SSHPorts()
	if err != nil {
		return nil, nil // it is tried again, and told, without privileges
	}
	return ports, nil
}

// ownFolder makes a folder for an account where there is none.
func ownFolder(dir string, account *agent.Account) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if account != nil {
		return os.Lchown(dir, account.UID, account.GID) // never what a link put in its place leads to
	}
	return nil
}

// openResponses opens what carries actions out, and puts it into opt. What was opened is returned, to be closed after an
// error. A simulated capture is kept from doing anything: its decisions are recorded in a folder of its own, which goes with it.
func openResponses(ctx context.Context, c *config.Config, opt *agent.Options, sshPorts []uint16, log *slog.Logger) (opened []closer, err error) {
	defer func() {
		if err != nil {
			closeAll(opened)
			opened = nil
		}
	}()
	if len(c.Reputations) > 0 {
		if opt.Reputation, err = reputation.New(c.ReputationSpecs(), reputation.Options{Log: log}); err != nil {
			return opened, err
		}
		opened = append(opened, closeFunc(func() error { return opt.Reputation.Close(ctx) }))
	}
	if len(c.Notifiers) > 0 {
		if opt.Notifiers, err = notify.New(c.NotifierSpecs(), notify.Options{Log: log, Agent: c.Agent}); err != nil {
			return opened, err
		}
		opened = append(opened, closeFunc(func() error { return opt.Notifiers.Close(ctx) }))
		if opt.Simulated == "" {
			opt.Telegram = c.TelegramSpecs()
		}
	}
	settings := c.Response
	keep := decision.Options{Log: log, SSHPorts: sshPorts}
	if opt.Simulated != "" {
		dir, err := os.MkdirTemp("", "ruleids-simulation-")
		if err != nil {
			return opened, err
		}
		opt.Ended = func() error { return os.RemoveAll(dir) }
		opened = append(opened, closeFunc(opt.Ended))
		settings.Mode, settings.Journal, settings.Audit = string(decision.Monitor), filepath.Join(dir, "decisions.jsonl"), ""
		if c.Response.Mode == string(decision.Enforce) {
			log.Info("decisions of a simulation are recorded and not done, whatever response says")
		}
	}
	if opt.Simulated == "" {
		walls, err := firewall.Open(&c.Firewall, firewall.Options{Log: log})
		if err != nil {
			return opened, fmt.Errorf("response: %w", err)
		}
		keep.Firewall, opt.Firewall = walls, walls
	}
	var report decision.Report
	if opt.Book, report, err = decision.Open(ctx, &settings, keep); err != nil {
		return opened, explainBook(err, settings.Journal)
	}
	opened = append(opened, opt.Book)
	if report.Restored+report.Expired+len(report.Dropped) > 0 {
		log.Info("decisions restored", "hold", report.Restored, "expired", report.Expired, "dropped", len(report.Dropped), "journal", settings.Journal)
	}
	return opened, nil
}

// explainBook says what to do about decisions that cannot be kept.
func explainBook(err error, journal string) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("response: %w; make the folder of %s writable for the daemon, or name another place with response { journal = …  audit = … }", err, journal)
	}
	return fmt.Errorf("response: %w", err)
}

// closeFunc is a closer that is a function.
type closeFunc func() error

func (f closeFunc) Close() error { return f() }
