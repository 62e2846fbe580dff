test "root comes from outside" {
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "root"
      method  = "publickey"
      host    = "web1"
      success = true
    }
  }
  alert "root_login" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7", "auth.user" = "root", "auth.host" = "web1" }
    severity = "high"
  }
}

test "Administrator comes from inside, twice in one day" {
  packets {
    count = 2
    every = "6h"
    auth {
      src     = "10.0.0.20"
      user    = "Administrator"
      service = "samba"
      success = true
    }
  }
  alert "root_login" {
    count    = 1
    severity = "medium"
  }
}

test "other accounts, other results, and root on the machine itself" {
  packets {
    count = 3
    every = "1s"
    auth {
      src     = "198.51.100.7"
      user    = "rooter"
      success = true
    }
  }
  packets {
    count = 3
    every = "1s"
    auth {
      src  = "198.51.100.8"
      user = "root"
    }
  }
  packets {
    auth {
      src     = "127.0.0.1"
      user    = "root"
      success = true
    }
  }
  packets {
    auth {
      user    = "root"
      service = "su"
      success = true
    }
  }
  quiet = true
}
