package lab

import (
	"os"
	"testing"
	"time"
)

const (
	// soakEnv is the environment variable that says how long TestSoak goes on.
	soakEnv = "RULEIDS_SOAK"
	// rotating makes the alerts' file rotate often enough for a soak to see it.
	rotating = "output \"eve\" \"rotated\" {\n  path        = \"rotated.json\"\n  rotate_size = \"64KiB\"\n  keep        = 3\n}\n\n"
)

// TestSoak runs the daemon for long under traffic, with a reload of a thousand rules each second and outputs that rotate.
// It loses nothing, and does not grow.
func TestSoak(t *testing.T) {
	need(t, "ip", "ethtool")
	text := os.Getenv(soakEnv)
	if text == "" {
		t.Skipf("%s is not set; make soak runs this", soakEnv)
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s: %v", soakEnv, err)
	}
	l := newLAN(t)
	r := startReloader(l, settings(rotating+ownRules))
	load := startLoad(l.remote.newSender(), 50)
	begun := time.Now()
	measured, told := []vitals{r.vitals()}, begun
	n := 0
	err = pace(time.Second, nil, func() error {
		r.reloadAmidScan(n, load)
		n++
		now := time.Now()
		if now.Sub(begun) >= time.Duration(len(measured))*length/60 {
			measured = append(measured, r.vitals())
		}
		if done := now.Sub(begun) >= length; done || now.Sub(told) >= time.Minute {
			told = now
			st := r.status()
			_, most := spread(r.pauses("pause_seconds"))
			t.Logf("%6v: %9d packets, %d lost, %6d alerts, %5d reloads, longest pause %v; %v",
				now.Sub(begun).Round(time.Second), st.Packets.Seen, st.Capture.Dropped, st.Alerts.Raised, n, most, r.vitals())
			if done {
				return errDone
			}
		}
		return nil
	})
	if err != errDone {
		t.Fatal(err)
	}
	load.end(t)
	r.complete(load, n)
	st := r.status()
	for _, o := range st.Outputs {
		if int(o.Written) != load.probes+n || o.Errors > 0 {
			t.Errorf("output %s: %+v", o.Name, o)
		}
	}
	r.stop()
	flat(t, measured)
}
