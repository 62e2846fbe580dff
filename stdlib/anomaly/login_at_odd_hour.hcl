rule "login_at_odd_hour" {
  description = "Somebody logs in at an hour or on a day when nobody does."
  severity    = "low"
  category    = "anomaly"
  attack      = ["T1078"]
  references  = ["https://attack.mitre.org/techniques/T1078/"]
  enabled     = false    # it learns for two weeks, and says nothing where people come and go at all hours
  mode        = "shadow" # until somebody has looked at what it says for a week

  on    = "model"
  where = "model.name == 'login_hours'"
  by    = ["auth.user"]

  # At least two hours or a day beside all that was learned.
  threshold = var.login_at_odd_hour_score
  when      = "model.score >= threshold and model.bits >= var.login_at_odd_hour_bits"
  cooldown  = "8h"

  notify {
    to      = ["ops"]
    message = "${auth.user} logged in from ${ip.src} (${auth.service} on ${auth.host}) when nobody does: the ${model.top} is odd"
  }
}
