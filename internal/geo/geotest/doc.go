// Package geotest writes files in the MaxMind DB format for tests.
package geotest
