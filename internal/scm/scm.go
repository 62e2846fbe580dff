// Package scm runs the program as a service of Windows: it installs the service with the service control manager (SCM), starts,
// stops and removes it, and is the service's side of it.
package scm
