package ruletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes results as the XML that continuous integration systems read: a testsuite for
// each file, a failure or an error for each test that did not pass.
func WriteJUnit(w io.Writer, results []Result) error {
	var all junitSuites
	var seconds float64
	for from := 0; from < len(results); {
		to := from
		s := junitSuite{Name: results[from].File}
		var suiteSeconds float64
		for to < len(results) && results[to].File == results[from].File {
			r := &results[to]
			c := junitCase{
				Name: r.Name, File: r.File, Line: r.Line, Time: junitTime(r.Seconds),
				Classname: strings.TrimSuffix(r.File, suffix),
			}
			problem := &junitProblem{Text: strings.Join(r.Problems, "\n")}
			if len(r.Problems) > 0 {
				problem.Message = r.Problems[0]
			}
			switch r.Status {
			case Fail:
				c.Failure = problem
			case Error:
				c.Error = problem
			}
			s.Cases = append(s.Cases, c)
			suiteSeconds += r.Seconds
			to++
		}
		_, s.Failures, s.Errors = Count(results[from:to])
		s.Tests, s.Time = to-from, junitTime(suiteSeconds)
		seconds += suiteSeconds
		all.Suites = append(all.Suites, s)
		from = to
	}
	_, all.Failures, all.Errors = Count(results)
	all.Tests, all.Time = len(results), junitTime(seconds)

	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }
