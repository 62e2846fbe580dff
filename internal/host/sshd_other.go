//go:build !windows

package host

// sshdConfig returns where the settings of OpenSSH's server are.
func sshdConfig() string { return "/etc/ssh/sshd_config" }
