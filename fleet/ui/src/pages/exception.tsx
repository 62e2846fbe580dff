import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask, get, type Alert, type RuleSet } from "../api";
import { may } from "../live";
import { complain, Dialog, say } from "../parts";
import { read, readKey, write } from "../sign";
import { keyText, number } from "../text";

interface Preview { rule: string; alerts: number; removed: number; since: string; examples: string[]; problem?: string }

const about = signal<{ alert: Alert; end: string } | undefined>(undefined);
// propose shows an exception for an alert; with an end in days it is one that mutes the rule for so long.
export const propose = (alert: Alert, end = "") => { about.value = { alert, end }; };

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

const quoted = (s: string) => `"${s.replace(/\s/g, " ").replace(/["\\]/g, "\\$&").replace(/([$%])\{/g, "$1$1{")}"`;

export function hcl(rule: string, name: string, where: string, until?: string): string {
  const lines = until ? `{\n    where = ${quoted(where)}\n    until = ${quoted(until)}\n  }` : `{ where = ${quoted(where)} }`;
  return `override ${quoted(rule)} {\n  except ${quoted(name)} ${lines}\n}\n`;
}

// file is where exceptions of the page are in a rule set.
const file = "exceptions.hcl";
const goes = (r: RuleSet) => ["canary", "quarter", "all"].includes(r.state);

// push adds an override to the rule set that agents have, signs it, and gives it to a few first.
async function push(text: string, base: RuleSet | undefined, keyFile: File, stages: { canary: number; for: string }): Promise<RuleSet> {
  const key = await readKey(await keyFile.text());
  const files = base ? (await read((await get<{ bundle: string }>(`/api/v1/rulesets/${base.number}`)).bundle, key)).files : [];
  const before = files.find((f) => f.name === file)?.text ?? "# Exceptions that were made on the page of the server.\n";
  const bundle = await write([...files.filter((f) => f.name !== file), { name: file, text: `${before}\n${text}` }], key);
  return ask<RuleSet>("POST", "/api/v1/rulesets", { bundle, ...stages, ...(base?.label ? { label: base.label } : {}) });
}

const ends: [string, string][] = [["", "never: it is an exception"], ["1", "in a day"], ["7", "in a week"], ["30", "in 30 days"], ["90", "in 90 days"]];

// Exception proposes an override, and shows which of the stored alerts it would have removed.
export function Exception() {
  const a = about.value;
  if (!a) return null;
  return <Form key={a.alert.id} a={a.alert} first={a.end} close={() => { about.value = undefined; }} />;
}

function Form({ a, first, close }: { a: Alert; first: string; close: () => void }) {
  const offers = conditions(a);
  const [where, write] = useState(offers[0]?.[1] ?? "ip.src == ''");
  const [name, call] = useState(() => `${keyText(a.ruleids.key).replace(/^\S+ /, "").slice(0, 40)}, ${new Date().toISOString().slice(0, 16).replace("T", " ")}`);
  const [end, stop] = useState(first);
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
  const until = useMemo(() => (end ? new Date(Math.ceil(Date.now() / 60_000) * 60_000 + Number(end) * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z") : undefined), [end]);
  const text = hcl(a.ruleids.rule, name, where, until);
  return (
    <Dialog title={`${end ? "Mute" : "An exception for"} ${a.ruleids.rule}`} close={close} wide>
      <div class="exception">
        <label class="field"><span>Which packets the rule leaves alone</span>
          <select onChange={(e) => write(e.currentTarget.value)} value={offers.some(([, c]) => c === where) ? where : ""}>
            {offers.map(([t, c]) => <option key={c} value={c}>{t}</option>)}
            <option value="" disabled>a condition of your own</option>
          </select>
        </label>
        <label class="field"><span>Condition</span><textarea rows={2} spellcheck={false} value={where} onInput={(e) => write(e.currentTarget.value)} /></label>
        <div class="pair">
          <label class="field"><span>Name: why</span><input value={name} maxLength={80} onInput={(e) => call(e.currentTarget.value)} /></label>
          <label class="field"><span>Ends</span><select value={end} onChange={(e) => stop(e.currentTarget.value)}>{ends.map(([v, t]) => <option key={v} value={v}>{t}</option>)}</select></label>
        </div>
        {problem ? <p class="fault" role="alert">{problem}</p> : preview
          ? <p class="verdict" role="status">Of the {number(preview.alerts)} alerts of this rule in 7 days it would have removed <b>{number(preview.removed)}</b>.
              {preview.examples.length > 0 && <> Among them: {preview.examples.join(", ")}.</>}{preview.problem && <span class="dim"> {preview.problem}</span>}</p>
          : <p class="dim" role="status">Looking at the alerts of seven days…</p>}
        <pre tabIndex={0}>{text}</pre>
        {may.value.admin ? <Push text={text} close={close} /> : <p class="dim">An administrator who has the operator's key can push this.</p>}
        <footer>
          <button type="button" onClick={close}>Close</button>
          <button type="button" onClick={() => navigator.clipboard.writeText(text).then(() => say("The override is on the clipboard."), complain)}>Copy the override</button>
        </footer>
      </div>
    </Dialog>
  );
}

function Push({ text, close }: { text: string; close: () => void }) {
  const [base, found] = useState<RuleSet | null>();
  const [fault, fail] = useState<string>();
  const [busy, set] = useState(false);
  useEffect(() => { get<{ rulesets: RuleSet[] }>("/api/v1/rulesets").then((l) => found(l.rulesets.find(goes) ?? null), (e) => fail((e as Error).message)); }, []);
  const submit = async (e: Event & { currentTarget: HTMLFormElement }) => {
    e.preventDefault();
    const v = new FormData(e.currentTarget);
    set(true);
    fail(undefined);
    try {
      const r = await push(text, base ?? undefined, v.get("key") as File, { canary: Number(v.get("canary")), for: String(v.get("for")) });
      say(`Rule set #${r.number} is with ${r.stage.length === 1 ? "one agent" : `${r.stage.length} agents`}; the page on rules shows how it goes on.`);
      close();
    } catch (err) { fail((err as Error).message); set(false); }
  };
  return (
    <details class="push">
      <summary>Push it to agents</summary>
      <form onSubmit={submit}>
        <p class="dim">{base === null ? "Agents have no rule set of the server: this becomes the first." : base ? `It is added to rule set #${base.number}, in ${file}.` : ""} It is signed here, with your key, which does not leave this tab. The page is the server's: where you would not trust that, copy the override, and push it with <code>ruleids server rules push</code>.</p>
        <div class="pair">
          <label class="field"><span>Operator's key</span><input type="file" name="key" required /></label>
          <label class="field"><span>First to</span><select name="canary"><option value="0.1">a tenth of the agents</option><option value="0.5">half of the agents</option><option value="1">all at once</option></select></label>
          <label class="field"><span>Each stage</span><select name="for" value="30m"><option value="1m">a minute</option><option value="30m">30 minutes</option><option value="4h">4 hours</option></select></label>
        </div>
        {fault && <p class="fault" role="alert">{fault}</p>}
        <p><button class="primary" disabled={busy || base === undefined}>Sign and push</button></p>
      </form>
    </details>
  );
}
