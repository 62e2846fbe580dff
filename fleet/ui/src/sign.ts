// Rule sets as they travel: files, packed and signed by the operator. Package bundle of the server reads and writes the same. The
// operator's key is read from a file, stays in this tab in a form that no script can read, and is gone with it.

export interface File { name: string; text: string }
export interface Set { created: string; files: File[] }
interface Key { sign: CryptoKey; verify: CryptoKey }

const context = new TextEncoder().encode("ruleids rule set 1\n");
const secret = "ruleids-operator-secret:";
const pkcs8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]; // what stands before a seed (RFC 8410, section 7)

const decode = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const encode = (data: Uint8Array) => { let s = ""; for (const b of data) s += String.fromCharCode(b); return btoa(s); };
const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((p) => [...p]));

async function through(data: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([data]).stream().pipeThrough(stream)).arrayBuffer());
}

// readKey takes the text of an operator's key, as ruleids server rules key writes it.
export async function readKey(text: string): Promise<Key> {
  text = text.trim();
  let seed: Uint8Array = new Uint8Array();
  try { seed = text.startsWith(secret) ? decode(text.slice(secret.length)) : seed; } catch { /* told below */ }
  if (seed.length !== 32) throw new Error("This is no operator's key: ruleids server rules key makes one.");
  try {
    const raw = join(new Uint8Array(pkcs8), seed);
    const open = await crypto.subtle.importKey("pkcs8", raw, "Ed25519", true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", open);
    return { sign: await crypto.subtle.importKey("pkcs8", raw, "Ed25519", false, ["sign"]), verify: await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, "Ed25519", false, ["verify"]) };
  } catch {
    throw new Error("This browser cannot sign with Ed25519. Copy the override, and push it with ruleids server rules push.");
  }
}

// read returns the files of a rule set; with a key only of one that was signed with it.
export async function read(bundle: string, key?: Key): Promise<Set> {
  const x = JSON.parse(new TextDecoder().decode(decode(bundle))) as { set: string; signature: string };
  const packed = decode(x.set);
  if (key && !(await crypto.subtle.verify("Ed25519", key.verify, decode(x.signature), join(context, packed)))) {
    throw new Error("The rule set that the agents have was not signed with this key. Nothing was pushed.");
  }
  return JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("gzip")))) as Set;
}

// write signs a rule set.
export async function write(files: File[], key: Key): Promise<string> {
  const set: Set = { created: new Date().toISOString().replace(/\.\d+Z$/, "Z"), files: [...files].sort((a, b) => (a.name < b.name ? -1 : 1)) };
  const packed = await through(new TextEncoder().encode(JSON.stringify(set)), new CompressionStream("gzip"));
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key.sign, join(context, packed)));
  return encode(new TextEncoder().encode(JSON.stringify({ set: encode(packed), signature: encode(signature) })));
}
