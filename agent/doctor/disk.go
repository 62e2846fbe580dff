package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// leastFree and leastShare are what a disk should have left for what the daemon keeps. With amplyFree even a large one has enough.
	leastFree  = 256 << 20
	leastShare = 0.05
	amplyFree  = 2 << 30
)

// scarce reports whether too few bytes are free on a disk of so many.
func scarce(free, all uint64) bool {
	return free < max(leastFree, min(amplyFree, uint64(leastShare*float64(all))))
}

// disks looks at the directories that the daemon writes to: whether they are there, how much room there is, and who may write.
func (d *doctor) disks() {
	byDir := map[string][]string{}
	for _, x := range d.config.StateFiles() {
		dir := filepath.Dir(x.Path)
		if !slices.Contains(byDir[dir], x.Setting) {
			byDir[dir] = append(byDir[dir], x.Setting)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		d.disk(dir, byDir[dir])
	}
}

// disk looks at one directory.
func (d *doctor) disk(dir string, settings []string) {
	st, err := os.Stat(dir)
	for at := dir; errors.Is(err, fs.ErrNotExist); {
		// The daemon makes it; there has to be something to make it in.
		up := filepath.Dir(at)
		if up == at {
			break
		}
		at = up
		if _, err = os.Stat(at); err == nil {
			d.room(dir, at, settings, "it is not there yet, and the daemon makes it; ")
			return
		}
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		d.found(dir, Unknown, "this account may not look at it", "Run this as root, or as the daemon's account.")
	case err != nil:
		d.found(dir, Problem, err.Error(), fmt.Sprintf("Name another place with %s.", settings[0]))
	case !st.IsDir():
		d.found(dir, Problem, "it is no directory", fmt.Sprintf("Name another place with %s.", settings[0]))
	default:
		if why := d.unwritable(dir, st); why != "" {
			d.found(dir, Problem, why, fmt.Sprintf("Give it to the daemon's account: chown %s %s. It is for %s.", d.account(), dir, strings.Join(settings, ", ")))
			return
		}
		d.room(dir, dir, settings, "")
	}
}

// account is who the daemon runs as.
func (d *doctor) account() string {
	if d.config.User != "" {
		return d.config.User
	}
	return "root"
}

// room looks at how much room there is.
func (d *doctor) room(dir, at string, settings []string, before string) {
	free, all, inodes, err := freeOf(at)
	switch {
	case err != nil:
		d.found(dir, Unknown, before+"how full the disk is cannot be found out: "+err.Error(), "")
	case inodes == 0:
		d.found(dir, Problem, before+"the disk has no room for another file", "Remove files, small ones by number: df -i "+at)
	case scarce(free, all):
		d.found(dir, Problem, fmt.Sprintf("%s%d MiB of %d MiB are free", before, free>>20, all>>20), fmt.Sprintf("Make room, or lower what is kept; this is for %s.", strings.Join(settings, ", ")))
	default:
		d.found(dir, OK, fmt.Sprintf("%s%d MiB of %d MiB are free", before, free>>20, all>>20), "")
	}
}
