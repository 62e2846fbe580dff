

# A file of rules.
variable "n" {

  default=15
  description = "Number."   # a note


}
list "p" { 
  type="port"
  values=[ 1,2,
    3 ]
}
# About the macro.
macro "syn" {
  expr="tcp.flags.syn&&!tcp.flags.ack"
}
rule "scan" {
  description="A scan."
  severity = "high"


  where = <<-EOT
        syn && (tcp.dstport==22   # no comment of HCL here
  EOT
  by=["ip.src","registered_domain( dns.qry.name )"]
  window "10s" {
    ports="distinct( tcp.dstport,not tcp.flags.ack )"
    max_keys=100
    n = "count( )"
  }
  when="ports>=threshold&&(n>3||n<1)"

  threshold   = var.n
  except "a" { where="ip.src==\"10.0.0.1\"" }
  except "log4j" {
    where = "payload contains '$${jndi:'||payload contains \"it's\""
  }
  escalate "virustotal" { indicator=" ip.src " }
  quarantine {
    target="ip.src"
    for = "10m"
  }
  notify {
    message = "${ip.src}  &&  tried ${ports}"
    to=["ops"]
  }

}
override "scan" {
  where = <<-EOT

      tcp and
   (tcp.dstport==1
        ||tcp.dstport==2

        // a reason
        || payload contains '$${x'
    )
    &&  ip.src not  in list.p


  EOT
  # last

} # end
