import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ask, type Alert } from "../api";
import { complain, Dialog, say } from "../parts";
import { number } from "../text";

interface Preview { rule: string; alerts: number; removed: number; since: string; examples: string[]; problem?: string }

const about = signal<Alert | undefined>(undefined);
export const propose = (a: Alert) => { about.value = a; };

const literal = (v: unknown) => (typeof v === "number" || typeof v === "boolean" ? String(v) : `'${String(v).replace(/[\\']/g, "\\$&")}'`);

// condition is what makes this alert an exception: the key, and the destination where the key does not say it.
function conditions(a: Alert): [string, string][] {
  const key = Object.entries(a.ruleids.key).filter(([k]) => /^[a-z0-9_.]+$/.test(k)).map(([k, v]) => `${k} == ${literal(v)}`);
  const out: [string, string][] = [];
  if (key.length > 0) out.push([`this key: ${key.join(" and ")}`, key.join(" and ")]);
  const proto = a.proto?.toLowerCase();
  if (a.src_ip && a.dest_ip) {
    const port = a.dest_port !== undefined && (proto === "tcp" || proto === "udp") ? ` and dst.port == ${a.dest_port}` : "";
    out.push([`from this source to this destination${port ? " and port" : ""}`, `ip.src == '${a.src_ip}' and ip.dst == '${a.dest_ip}'${port}`]);
    out.push(["to this destination, from anywhere", `ip.dst == '${a.dest_ip}'${port}`]);
  }
  return out;
}

export function hcl(rule: string, name: string, where: string): string {
  return `override "${rule}" {\n  except "${name.replace(/["\\]/g, "")}" { where = "${where.replace(/["\\]/g, "\\$&")}" }\n}\n`;
}

// Exception proposes an override, and shows which of the stored alerts it would have removed.
export function Exception() {
  const a = about.value;
  if (!a) return null;
  return <Form key={a.id} a={a} close={() => { about.value = undefined; }} />;
}

function Form({ a, close }: { a: Alert; close: () => void }) {
  const offers = conditions(a);
  const [where, write] = useState(offers[0]?.[1] ?? "ip.src == ''");
  const [name, call] = useState("known");
  const [preview, show] = useState<Preview>();
  const [problem, fail] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      ask<Preview>("POST", "/api/v1/exceptions/preview", { rule: a.ruleids.rule, where, days: 7 }, abort.signal).then(
        (p) => { show(p); fail(undefined); },
        (e) => { if (!abort.signal.aborted) { show(undefined); fail((e as Error).message); } },
      );
    }, 350);
    return () => { window.clearTimeout(timer); abort.abort(); };
  }, [where]);
  const text = hcl(a.ruleids.rule, name, where);
  return (
    <Dialog title={`An exception for ${a.ruleids.rule}`} close={close} wide>
      <div class="exception">
        <label class="field"><span>Which packets the rule leaves alone</span>
          <select onChange={(e) => write(e.currentTarget.value)} value={offers.some(([, c]) => c === where) ? where : ""}>
            {offers.map(([t, c]) => <option key={c} value={c}>{t}</option>)}
            <option value="" disabled>a condition of your own</option>
          </select>
        </label>
        <label class="field"><span>Condition</span><textarea rows={2} spellcheck={false} value={where} onInput={(e) => write(e.currentTarget.value)} /></label>
        <label class="field"><span>Name</span><input value={name} maxLength={60} onInput={(e) => call(e.currentTarget.value)} /></label>
        {problem ? <p class="fault" role="alert">{problem}</p> : preview
          ? <p class="verdict" role="status">Of the {number(preview.alerts)} alerts of this rule in 7 days it would have removed <b>{number(preview.removed)}</b>.
              {preview.examples.length > 0 && <> Among them: {preview.examples.join(", ")}.</>}{preview.problem && <span class="dim"> {preview.problem}</span>}</p>
          : <p class="dim" role="status">Looking at the alerts of seven days…</p>}
        <pre>{text}</pre>
        <p class="dim">Put this into a file of your rules, and push it with <code>ruleids server rules push</code>: canaries get it first.</p>
        <footer>
          <button type="button" onClick={close}>Close</button>
          <button type="button" class="primary" onClick={() => navigator.clipboard.writeText(text).then(() => say("The override is on the clipboard."), complain)}>Copy the override</button>
        </footer>
      </div>
    </Dialog>
  );
}
