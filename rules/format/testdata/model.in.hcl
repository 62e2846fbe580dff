model "m" {
  where = "ip.src   in list.home_nets and(tcp)"
  by = ["ip.src" ]
  features = {
    bytes = "log2( sum(ip.len) )"
    ports="distinct(dst.port,tcp)"
  }
}
