test "sqlmap fires" {
  packets {
    count = 5
    every = "1s"
    http {
      src        = "198.51.100.7"
      dst        = "192.0.2.80"
      uri        = "/item?id=${i}"
      user_agent = "sqlmap/1.7.2#stable (https://sqlmap.org)"
    }
  }
  alert "bad_user_agent" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80" }
  }
}

test "nmap's scripts fire, in whatever case" {
  packets {
    http {
      src        = "198.51.100.7"
      dst        = "192.0.2.80"
      user_agent = "Mozilla/5.0 (compatible; NMAP Scripting Engine; https://nmap.org/book/nse.html)"
    }
  }
  alert "bad_user_agent" {
    count = 1
  }
}

test "a browser that visits the page of a scanner stays quiet" {
  packets {
    http {
      src        = "10.0.0.5"
      dst        = "192.0.2.80"
      uri        = "/nikto/sqlmap"
      host       = "sqlmap.org"
      user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    }
  }
  alert "bad_user_agent" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/gobuster.pcap.gz"
  others = "allow"
  alert "bad_user_agent" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.10" }
  }
}
