package agent

import (
	"context"
	"fmt"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ruleids/ruleids/agent/api"
)

// stallAfter is how long the loop may be busy with one batch before it counts as stuck: many times what the
// largest batch takes.
const stallAfter = 5 * time.Second

// notify tells the service manager a state, where there is one (sd_notify(3)).
func (d *Daemon) notify(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		d.log.Warn("the service manager could not be told", "state", state, "error", err)
	}
}

// reloadingState says that a reload begins. Type=notify-reload wants the time along.
func reloadingState() string {
	return systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec()
}

// readyState says that a reload has ended, well or not.
func readyState(r *api.ReloadReport) string {
	status := fmt.Sprintf("STATUS=%d rules, digest %.12s", r.Rules, r.Digest)
	if !r.OK && len(r.Problems) > 0 {
		f := r.Problems[0]
		status = fmt.Sprintf("STATUS=rules on disk are broken (%s:%d: %s); %d rules of before run", f.File, f.Line, f.Summary, r.Rules)
	}
	return systemd.SdNotifyReady + "\n" + status
}

// service tells the service manager how the daemon is.
type service struct {
	idle
	d *Daemon
}

// Run says that the daemon is ready, and from then on, at half the time of the watchdog, that its loop is
// alive. A loop that is stuck says nothing, so that the service manager starts the daemon again.
func (s *service) Run(ctx context.Context) error {
	d := s.d
	defer d.notify(systemd.SdNotifyStopping)
	d.notify(readyState(d.rules.newest()))
	if d.opt.Ready != nil {
		d.opt.Ready()
	}
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		d.log.Warn("the watchdog's interval cannot be read", "error", err)
	}
	if err != nil || interval == 0 {
		<-ctx.Done()
		return nil
	}
	for now := range ticks(ctx, interval/2) {
		if d.loop.alive(now) {
			d.notify(systemd.SdNotifyWatchdog)
		}
	}
	return nil
}

// alive reports whether the loop has taken a turn lately. One that has not begun is.
func (l *loop) alive(now time.Time) bool {
	beat := l.beat.Load()
	return beat == 0 || now.UnixNano()-beat < int64(stallAfter)
}

// newest returns the report of the reload before.
func (r *ruleFiles) newest() *api.ReloadReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
