test "the third file fires" {
  packets {
    count = 3
    every = "10s"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = ["/.env", "/.git/config", "/old/backup.sql"][i]
    }
  }
  alert "http_hidden_files" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80" }
  }
}

test "two files, and pages that are named alike, stay quiet" {
  packets {
    count = 2
    every = "1s"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = "/.env"
    }
  }
  packets {
    count = 30
    every = "1s"
    http {
      src = "198.51.100.8"
      dst = "192.0.2.80"
      uri = ["/repo.git/info/refs", "/environment", "/docs/id_rsa.html"][i % 3]
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 2
    every = "10s"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = ["/.env", "/.git/config", "/old/backup.sql"][i]
    }
  }
  packets {
    start = "59999ms"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = ["/.env", "/.git/config", "/old/backup.sql"][i]
    }
  }
  others = "allow"
  alert "http_hidden_files" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 2
    every = "10s"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = ["/.env", "/.git/config", "/old/backup.sql"][i]
    }
  }
  packets {
    start = "1m"
    http {
      src = "198.51.100.7"
      dst = "192.0.2.80"
      uri = ["/.env", "/.git/config", "/old/backup.sql"][i]
    }
  }
  others = "allow"
  alert "http_hidden_files" {
    count = 0
  }
}
