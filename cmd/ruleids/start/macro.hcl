macro "NAME" {
  description = "Say in one sentence which packets these are."
  expr        = "new_connection and tcp.dstport == 23"
}
