rule "impossible_travel" {
  description = "Somebody logs in to an account from farther away than anybody can have come since the login before."
  severity    = "high"
  category    = "credential"
  attack      = ["T1078"]
  references = [
    "https://attack.mitre.org/techniques/T1078/",
    "https://attack.mitre.org/mitigations/M1032/",
  ]

  # Without a file that says where addresses are (rules.geoip), no address has a place and this never fires.
  on    = "auth"
  where = "auth.success and auth.user != '' and not (ip.src in list.home_nets) and geoip.country(ip.src) != ''"
  by    = ["auth.user"]
  window "1d" { # there is no place on earth that is farther than a day's flight
    kmh = "max(3600 * moved() / max(gap(), 60), moved() >= var.impossible_travel_km)"
  }
  threshold = var.impossible_travel_kmh
  when      = "kmh >= threshold"
  cooldown  = "1d"

  notify {
    to      = ["ops"]
    message = "${auth.user} logged in from ${ip.src} in ${geoip::country(ip.src)} (${auth.service} on ${auth.host}), ${kmh} km/h from the login before"
  }
}
