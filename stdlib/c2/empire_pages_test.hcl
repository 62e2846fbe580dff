test "the fifth call fires" {
  packets {
    count = 5
    every = "5s"
    http {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      uri     = ["/news.php", "/admin/get.php", "/login/process.php"][i % 3]
    }
  }
  others = "allow"
  alert "empire_pages" {
    count = 1
    key   = { "ip.src" = "10.0.0.30", "ip.dst" = "192.0.2.80" }
  }
}

test "four stay quiet" {
  packets {
    count = 4
    every = "5s"
    http {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      uri     = ["/news.php", "/admin/get.php", "/login/process.php"][i % 3]
    }
  }
  others = "allow"
  alert "empire_pages" {
    count = 0
  }
}

test "news and logins alone stay quiet" {
  packets {
    count = 30
    every = "5s"
    http {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      uri     = ["/news.php", "/login/process.php"][i % 2]
    }
  }
  others = "allow"
  alert "empire_pages" {
    count = 0
  }
}
