test "ten paths that are not there" {
  others = "allow"
  packets {
    count = 10
    every = "5s"
    http {
      src    = "198.51.100.7"
      dst    = "10.0.0.20"
      method = "GET"
      uri    = format("/x%d", i)
      code   = 404
    }
  }
  alert "http_probing" {
  }
}

test "one path that is not there" {
  others = "allow"
  packets {
    count = 12
    every = "5s"
    http {
      src    = "198.51.100.7"
      dst    = "10.0.0.20"
      method = "GET"
      uri    = "/favicon.ico"
      code   = 404
    }
  }
  alert "http_probing" {
    max = 0
  }
}

test "40 pages" {
  others = "allow"
  packets {
    count = 40
    every = "400ms"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = format("/p%d", i)
    }
  }
  alert "http_crawl" {
  }
}

test "40 pictures" {
  others = "allow"
  packets {
    count = 40
    every = "400ms"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = format("/p%d.PNG", i)
    }
  }
  alert "http_crawl" {
    max = 0
  }
}

test "sqlmap" {
  others = "allow"
  packets {
    http {
      src        = "198.51.100.7"
      dst        = "10.0.0.20"
      user_agent = "sqlmap/1.8#stable"
    }
  }
  alert "listed_user_agent" {
  }
}

test "a browser" {
  others = "allow"
  packets {
    http {
      src        = "198.51.100.7"
      dst        = "10.0.0.20"
      user_agent = "Mozilla/5.0"
    }
  }
  alert "listed_user_agent" {
    max = 0
  }
}

test "five of those files" {
  others = "allow"
  packets {
    count = 5
    every = "3s"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = element(["/.env", "/a/.git/config", "/wp-config.php", "/id_rsa", "/backup.sql"], i)
    }
  }
  alert "sensitive_files" {
  }
}

test "one of those files" {
  others = "allow"
  packets {
    count = 5
    every = "3s"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = "/.env"
    }
  }
  alert "sensitive_files" {
    max = 0
  }
}

test "50 requests of a tool" {
  others = "allow"
  packets {
    count = 50
    every = "5s"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = format("/item?id=1%%27%%20or%%20%d=%d", i, i)
    }
  }
  alert "sql_injection" {
  }
}

test "50 requests about a union" {
  others = "allow"
  packets {
    count = 50
    every = "5s"
    http {
      src = "198.51.100.7"
      dst = "10.0.0.20"
      uri = format("/union?select=%d", i)
    }
  }
  alert "sql_injection" {
    max = 0
  }
}

test "an agent of this week alone" {
  others = "allow"
  packets {
    http {
      src        = "10.0.0.30"
      dst        = "10.0.0.20"
      user_agent = "curl/8"
    }
  }
  packets {
    start = "8d"
    http {
      src        = "10.0.0.30"
      dst        = "10.0.0.20"
      user_agent = "Stager/1"
    }
  }
  alert "rare_signature" {
  }
}

test "an agent of always" {
  others = "allow"
  packets {
    http {
      src        = "10.0.0.30"
      dst        = "10.0.0.20"
      user_agent = "curl/8"
    }
  }
  packets {
    start = "8d"
    http {
      src        = "10.0.0.31"
      dst        = "10.0.0.20"
      user_agent = "curl/8"
    }
  }
  alert "rare_signature" {
    max = 0
  }
}
