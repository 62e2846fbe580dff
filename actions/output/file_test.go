package output

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// fileHandle is what writeTo writes to.
type fileHandle = *os.File

// noSpace writes nothing, as on a full disk.
func noSpace(fileHandle, []byte) (int, error) {
	return 0, &os.PathError{Op: "write", Err: syscall.ENOSPC}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestEVE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		f := start(t, Options{}, Spec{"eve", c})
		f.Send(numbered(1))
		f.Send(numbered(2))
		synctest.Wait() // not only at the end
		want := string(numbered(1).AppendJSON(nil)) + "\n" + string(numbered(2).AppendJSON(nil)) + "\n"
		if got := string(read(t, c.Path)); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		stop(t, f)

		// A second run goes on where the first stopped.
		f = start(t, Options{}, Spec{"eve", c})
		send(f, 3, 3)
		stop(t, f)
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, []int{1, 2, 3}) {
			t.Errorf("after the second run: %v", got)
		}
	})
}

func records(t *testing.T, text []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll() // all must have the same number of fields
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return rows
}

// csvNumbers returns the column pcap_cnt, and fails where the first row is not a header or comes again.
func csvNumbers(t *testing.T, text []byte) []string {
	t.Helper()
	rows := records(t, text)
	if len(rows) == 0 || rows[0][0] != "timestamp" {
		t.Fatalf("no header in\n%s", text)
	}
	at := slices.Index(rows[0], "pcap_cnt")
	var out []string
	for _, r := range rows[1:] {
		out = append(out, r[at])
	}
	return out
}

func TestCSVFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSV(filepath.Join(t.TempDir(), "alerts.csv"))
		for run := range 2 {
			f := start(t, Options{}, Spec{"csv", c})
			send(f, 2*run+1, 2*run+2)
			stop(t, f)
		}
		if got := csvNumbers(t, read(t, c.Path)); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
			t.Errorf("two runs: %v", got)
		}
		// copytruncate: what is left begins with a header again.
		f := start(t, Options{}, Spec{"csv", c})
		if err := os.Truncate(c.Path, 0); err != nil {
			t.Fatal(err)
		}
		send(f, 5, 5)
		stop(t, f)
		if got := csvNumbers(t, read(t, c.Path)); !slices.Equal(got, []string{"5"}) {
			t.Errorf("after copytruncate: %v", got)
		}
	})
}

func TestCSVOfOtherColumnsIsMovedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCSV(filepath.Join(t.TempDir(), "alerts.csv"))
		c.Compress = false
		const old = "time,rule\r\n1,port_scan\r\n"
		write(t, c.Path, old)
		f := start(t, Options{}, Spec{"csv", c})
		send(f, 1, 1)
		stop(t, f)
		if got := csvNumbers(t, read(t, c.Path)); !slices.Equal(got, []string{"1"}) {
			t.Errorf("new file: %v", got)
		}
		if files := rotatedFiles(t, c.Path); len(files) != 1 || string(read(t, files[0].path)) != old {
			t.Errorf("the old file is not there in full: %v", files)
		}
	})
}

func TestTornTail(t *testing.T) {
	line := string(numbered(1).AppendJSON(nil)) + "\n"
	row := string(alert.NewCSV().Append(nil, numbered(1)))
	header := string(alert.NewCSV().AppendHeader(nil))
	next := string(alert.NewCSV().Append(nil, numbered(2)))
	for name, c := range map[string]struct {
		config       func(string) Config
		before, want string
	}{
		"eve, whole":           {eveAt, line, line + string(numbered(2).AppendJSON(nil)) + "\n"},
		"eve, torn":            {eveAt, line + line[:100], line + line[:100] + "\n" + string(numbered(2).AppendJSON(nil)) + "\n"},
		"eve, but the newline": {eveAt, line[:len(line)-1], line + string(numbered(2).AppendJSON(nil)) + "\n"},
		"csv, whole":           {csvAt, header + row, header + row + next},
		"csv, torn in quotes":  {csvAt, header + row + row[:strings.Index(row, `{""`)+9], header + row + next},
		"csv, torn in CR LF":   {csvAt, header + row + row[:len(row)-1], header + row + next},
		"csv, torn long line":  {csvAt, header + row + strings.Repeat("x", 10_000), header + row + next},
		"csv, torn header":     {csvAt, header[:20], header + next},
		"csv, empty":           {csvAt, "", header + next},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "file")
				write(t, path, c.before)
				f := start(t, Options{}, Spec{"file", c.config(path)})
				send(f, 2, 2)
				stop(t, f)
				if got := string(read(t, path)); got != c.want {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
				}
				if files := rotatedFiles(t, path); len(files) != 0 {
					t.Errorf("rotated files: %v", files)
				}
			})
		})
	}
}

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		moved := c.Path + ".1"
		f := start(t, Options{}, Spec{"eve", c})
		send(f, 1, 2)
		synctest.Wait()
		rename(t, c.Path, moved)
		send(f, 3, 4) // logrotate has not said anything yet
		synctest.Wait()
		f.Reopen()
		send(f, 5, 6) // after Reopen: into the new file, always
		synctest.Wait()
		f.Reopen() // of a file that was not moved
		send(f, 7, 7)
		stop(t, f)
		if got := numbers(t, read(t, moved)); !slices.Equal(got, []int{1, 2, 3, 4}) {
			t.Errorf("moved file: %v", got)
		}
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, []int{5, 6, 7}) {
			t.Errorf("new file: %v", got)
		}
		if s := f.Status()[0]; s.Errors != 0 {
			t.Errorf("%+v, want no error", s)
		}
	})
}

// TestCopyTruncate has another program cut the file in place, as logrotate's copytruncate does: what is written next
// begins the file, without a hole of zeros before it.
func TestCopyTruncate(t *testing.T) {
	for name, config := range map[string]func(string) Config{"eve": eveAt, "csv": csvAt} {
		synctest.Test(t, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "alerts")
			f := start(t, Options{}, Spec{name, config(path)})
			send(f, 1, 3)
			synctest.Wait()
			before := read(t, path)
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			send(f, 1, 3)
			stop(t, f)
			if after := read(t, path); string(after) != string(before) {
				t.Errorf("%s: after it was cut the file has %q, want %q", name, after, before)
			}
		})
	}
}

func TestRemovedFileIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		f := start(t, Options{}, Spec{"eve", c})
		send(f, 1, 1)
		synctest.Wait()
		if err := os.Remove(c.Path); err != nil {
			t.Fatal(err)
		}
		send(f, 2, 2)
		stop(t, f)
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, []int{2}) {
			t.Errorf("new file: %v", got)
		}
	})
}

// TestFullDisk has writes fail after every possible number of bytes, then has room again.
func TestFullDisk(t *testing.T) {
	for name, config := range map[string]func(string) Config{"eve": eveAt, "csv": csvAt} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "file")
				c := config(path)
				f := start(t, Options{}, Spec{"file", c})
				sink := f.outputs[0].sink.(*file)
				const alerts = 3
				failed := 0
				room := 0
				sink.writeTo = func(file fileHandle, b []byte) (int, error) {
					if room >= len(b) {
						return file.Write(b)
					}
					// Each failure leaves some bytes more than the one before.
					n, err := file.Write(b[:room])
					room += 7
					failed++
					if err == nil && failed%2 == 0 {
						err = syscall.EIO
					} else if err == nil {
						err = syscall.ENOSPC
					}
					return n, err
				}
				send(f, 1, alerts)
				time.Sleep(time.Hour)
				synctest.Wait()
				if s := f.Status()[0]; s.Written != alerts || s.Lost != 0 || int(s.Errors) != failed || failed < 30 || s.Error != "" {
					t.Errorf("%+v after %d failures", s, failed)
				}
				stop(t, f)
				text := read(t, path)
				if name == "csv" {
					if got := csvNumbers(t, text); !slices.Equal(got, []string{"1", "2", "3"}) {
						t.Errorf("file: %v", got)
					}
				} else if got := numbers(t, text); !slices.Equal(got, []int{1, 2, 3}) {
					t.Errorf("file: %v", got)
				}
			})
		})
	}
}

// TestWriteErrorWithoutTruncate has the repair fail too: the torn line is ended then, and the alert comes
// again in full.
func TestWriteErrorWithoutTruncate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		f := start(t, Options{}, Spec{"eve", c})
		sink := f.outputs[0].sink.(*file)
		good := sink.writeTo
		sink.writeTo = func(file fileHandle, b []byte) (int, error) {
			sink.writeTo = good
			n, _ := file.Write(b[:10])
			file.Close() // so that nothing more works on it
			return n, syscall.EIO
		}
		send(f, 1, 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		stop(t, f)
		line := string(numbered(1).AppendJSON(nil)) + "\n"
		if got := string(read(t, c.Path)); got != line[:10]+"\n"+line {
			t.Errorf("got\n%s", got)
		}
	})
}

// eveAt and csvAt are outputs to a file.
func newEVE(path string) *FileConfig {
	c := setting.New[FileConfig]()
	c.Path = path
	return c
}

func newCSV(path string) *CSVConfig {
	c := setting.New[CSVConfig]()
	c.Path = path
	return c
}

func eveAt(path string) Config { return newEVE(path) }
func csvAt(path string) Config { return newCSV(path) }

func TestColumnsOfCSV(t *testing.T) {
	c := newCSV(filepath.Join(t.TempDir(), "alerts.csv"))
	c.Columns = []string{"pcap_cnt as packet", "rule"}
	f := start(t, Options{}, Spec{"csv", c})
	send(f, 1, 2)
	stop(t, f)
	if got := string(read(t, c.Path)); !strings.HasPrefix(got, "packet,rule\r\n1,") || strings.Count(got, "\r\n") != 3 {
		t.Errorf("%q", got)
	}
	c.Columns = []string{"nonsense"}
	if _, err := New([]Spec{{"csv", c}}, Options{}); err == nil || !strings.Contains(err.Error(), `no column "nonsense"`) {
		t.Error(err)
	}
}
