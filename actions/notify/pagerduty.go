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
	// IntegrationKeyFile is a file with the integration key of the service and nothing else,
	// IntegrationKeyEnv an environment variable with it.
	IntegrationKeyFile string `hcl:"integration_key_file,optional"`
	IntegrationKeyEnv  string `hcl:"integration_key_env,optional"`
	// Region is where the account is: "us" or "eu".
	Region string `hcl:"region,optional"`

	Shared Common
}

// NewPagerDuty returns the defaults of kind "pagerduty".
func NewPagerDuty() *PagerDutyConfig { return &PagerDutyConfig{Region: "us", Shared: NewCommon()} }

// Common implements Config.
func (c *PagerDutyConfig) Common() *Common { return &c.Shared }

// Validate implements Config.
func (c *PagerDutyConfig) Validate() []Problem {
	ps := CheckSecret("integration_key", c.IntegrationKeyFile, c.IntegrationKeyEnv, true)
	ps = append(ps, setting.OneOf("region", c.Region, "us", "eu")...)
	return append(ps, c.Shared.Validate()...)
}

// Resolve implements Config.
func (c *PagerDutyConfig) Resolve(dir string) {
	c.IntegrationKeyFile = setting.Beside(dir, c.IntegrationKeyFile)
}

// pagerDutySeverities are the severities of PagerDuty, by ours.
var pagerDutySeverities = map[scale.Severity]string{scale.SeverityLow: "info", scale.SeverityMedium: "warning", scale.SeverityHigh: "error", scale.SeverityCritical: "critical"}

// Open implements Config.
func (c *PagerDutyConfig) Open(opt Options) (Transport, error) {
	key, err := ReadSecret("integration_key", c.IntegrationKeyFile, c.IntegrationKeyEnv)
	if err != nil {
		return nil, err
	}
	host := map[string]string{"us": "events.pagerduty.com:443", "eu": "events.eu.pagerduty.com:443"}[c.Region] // the library's own default is port 0
	address := serviceURL(pagerduty.Scheme, host, "/"+key, nil, nil)
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
