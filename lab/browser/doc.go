// Package browser tests the page of a fleet's server as people use it: in Chromium, which is driven by its own protocol, with a
// server and agents in the process of the test. It runs by `make ui-test`.
package browser
