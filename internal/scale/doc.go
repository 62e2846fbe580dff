// Package scale has the two scales of the program: how severe an alert is, and what reputation says of an indicator.
package scale
