list "NAME" {
  description = "Say in one sentence what these are, and who keeps them up to date."
  type        = "ip" # addresses and networks; or "port", "string"
  values      = ["192.0.2.10", "198.51.100.0/24"]
}
