package agent

import (
	"errors"
	"fmt"
	"time"
)

// Health returns nil where packets are being read and rules are loaded, and what is wrong otherwise. Files that
// are broken now are no reason: the rules before run on.
func (d *Daemon) Health() error {
	select {
	case <-d.loop.ended:
		return errStopped
	default:
	}
	beat := d.loop.beat.Load()
	if beat == 0 {
		return errors.New("no packet has been waited for yet")
	}
	if now := time.Now(); !d.loop.alive(now) {
		return fmt.Errorf("the packet loop has not moved for %v", now.Sub(time.Unix(0, beat)).Round(time.Second))
	}
	up, down := 0, ""
	for _, i := range d.opt.Source.Stats().Interfaces {
		if i.Up {
			up++
		} else {
			down = i.Name
		}
	}
	if up == 0 && down != "" {
		return fmt.Errorf("no interface is up, not %s either", down)
	}
	if enabled(d.loaded.Load().Rules) == 0 {
		return errors.New("there are no rules")
	}
	return nil
}
