package notify

import (
	"encoding/json"
	"fmt"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/incident/pagerduty"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// PagerDutyConfig is the settings of kind "pagerduty": an incident for every message, by the Events API v2.
type PagerDutyConfig struct {
	// IntegrationKey is the integration key of the service.
	IntegrationKey setting.Source `setting:"integration_key,required"`
	// Region is where the account is.
	Region string `setting:"region" default:"us" oneof:"us eu"`

	Common
}

// pagerDutySeverities are the severities of PagerDuty, by ours.
var pagerDutySeverities = map[scale.Severity]string{scale.SeverityLow: "info", scale.SeverityMedium: "warning", scale.SeverityHigh: "error", scale.SeverityCritical: "critical"}

// host returns the server of the region.
func (c *PagerDutyConfig) host() string {
	return map[string]string{"us": "events.pagerduty.com", "eu": "events.eu.pagerduty.com"}[c.Region]
}

// Hosts returns the hosts that the notifier talks to, which no setting names.
func (c *PagerDutyConfig) Hosts() []string { return []string{c.host()} }

// Open implements Config.
func (c *PagerDutyConfig) Open(opt Options) (Transport, error) {
	secret, err := c.IntegrationKey.Read("integration_key")
	if err != nil {
		return nil, err
	}
	key := secret.Reveal()
	address := serviceURL(pagerduty.Scheme, c.host()+":443", "/"+key, nil, nil) // the library's own default is port 0
	if err := checkService(address); err != nil {
		return nil, fmt.Errorf("integration_key: %w", err)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) {
		params := types.Params{"severity": pagerDutySeverities[m.Severity], "source": m.Agent, "client": "ruleids"}
		if m.Agent == "" {
			params["source"] = "ruleids"
		}
		details, err := json.Marshal(object{"text": m.Text, "rule": m.Rule, "count": m.Count, "keys": m.Keys, "first": m.First, "last": m.Last})
		if err == nil {
			params["details"] = string(details)
		}
		return m.Title, params
	}, key)
}
