// Package lab tests the program as a user runs it: the real daemon on a link between two network namespaces, with
// real tools on the other side. It holds tests only. They need root and tools, and run where RULEIDS_LAB is set, as
// make lab-test does; elsewhere they skip.
package lab
