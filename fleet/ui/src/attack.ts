// The techniques of MITRE ATT&CK that rules of this program name, by tactic. © The MITRE Corporation; attack.mitre.org has them all.
const names: Record<string, string> = {
  T1595: "Active Scanning", "T1595.001": "Scanning IP Blocks", T1046: "Network Service Discovery", T1018: "Remote System Discovery", T1040: "Network Sniffing", T1110: "Brute Force",
  "T1110.001": "Password Guessing", "T1110.003": "Password Spraying", "T1110.004": "Credential Stuffing", T1557: "Adversary-in-the-Middle", "T1557.002": "ARP Cache Poisoning", T1071: "Application Layer Protocol",
  "T1071.004": "DNS", T1571: "Non-Standard Port", T1095: "Non-Application Layer Protocol", T1572: "Protocol Tunneling", T1568: "Dynamic Resolution", "T1568.002": "Domain Generation Algorithms",
  T1048: "Exfiltration Over Alternative Protocol", "T1048.003": "Unencrypted Non-C2 Protocol", T1041: "Exfiltration Over C2 Channel", T1498: "Network Denial of Service", "T1498.001": "Direct Network Flood",
  "T1498.002": "Reflection Amplification", T1499: "Endpoint Denial of Service", "T1499.001": "OS Exhaustion Flood", "T1499.002": "Service Exhaustion Flood", T1190: "Exploit Public-Facing Application",
  T1078: "Valid Accounts", T1021: "Remote Services", "T1021.002": "SMB/Windows Admin Shares", "T1021.001": "Remote Desktop Protocol", T1133: "External Remote Services", T1562: "Impair Defenses", "T1562.006": "Indicator Blocking", T1210: "Exploitation of Remote Services",
};
export const techniqueName = (id: string): string => names[id] ?? names[id.split(".")[0]] ?? "";

export const tactics: [string, string[]][] = [
  ["Reconnaissance", ["T1595"]],
  ["Initial Access", ["T1190", "T1133", "T1078"]],
  ["Defense Evasion", ["T1562"]],
  ["Credential Access", ["T1110", "T1557", "T1040"]],
  ["Discovery", ["T1046", "T1018"]],
  ["Lateral Movement", ["T1021", "T1210"]],
  ["Command and Control", ["T1071", "T1571", "T1095", "T1572", "T1568"]],
  ["Exfiltration", ["T1048", "T1041"]],
  ["Impact", ["T1498", "T1499"]],
];
