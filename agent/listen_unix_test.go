//go:build unix

package agent

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// TestOneDaemonTakesADeadSocket: of several daemons that start at once where a killed one has left its socket, one
// listens, and clients reach it.
func TestOneDaemonTakesADeadSocket(t *testing.T) {
	for range 50 {
		path := filepath.Join(t.TempDir(), "control.sock")
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		must(t, err)
		must(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}))
		must(t, syscall.Close(fd))
		const daemons = 4
		var begin, ended sync.WaitGroup
		begin.Add(1)
		listeners := make([]net.Listener, daemons)
		for i := range daemons {
			ended.Go(func() {
				begin.Wait()
				l, err := ListenControl(path, nil)
				if err != nil {
					return
				}
				listeners[i] = l
				answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
				go func() { _ = http.Serve(l, answer) }()
			})
		}
		begin.Done()
		ended.Wait()
		open := 0
		for _, l := range listeners {
			if l != nil {
				open++
			}
		}
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
		}
		if open != 1 || err != nil {
			t.Errorf("%d daemons listen; connecting: %v", open, err)
		}
		for _, l := range listeners {
			if l != nil {
				l.Close()
			}
		}
	}
}
