import { useMemo } from "preact/hooks";
import { get, type RuleSet } from "../api";
import { params, set } from "../route";
import { Empty, Problem, Tabs, useLoad, useNarrow } from "../parts";
import { read, type File } from "../sign";
import { around, diff, pairs, type Line } from "../diff";
import { Code } from "../source";

interface Changed { name: string; lines: Line[]; gone: number; came: number }

const filesOf = async (number: number, signal: AbortSignal): Promise<File[]> => (number === 0 ? [] : (await read((await get<{ bundle: string }>(`/api/v1/rulesets/${number}`, {}, signal)).bundle)).files);

// changed returns the files that differ, with what differs.
function changed(before: File[], after: File[]): Changed[] {
  const names = [...new Set([...before, ...after].map((f) => f.name))].sort();
  const text = (files: File[], name: string) => files.find((f) => f.name === name)?.text ?? "";
  return names.map((name) => {
    const lines = diff(text(before, name), text(after, name));
    return { name, lines, gone: lines.filter((l) => l.kind === "gone").length, came: lines.filter((l) => l.kind === "new").length };
  }).filter((c) => c.gone + c.came > 0);
}

// Changes shows what differs between two rule sets, which the address names.
export function Changes({ sets }: { sets: RuleSet[] }) {
  const after = Number(params.value.get("to") ?? sets[0].number), before = Number(params.value.get("from") ?? sets.find((r) => r.number < after)?.number ?? 0), narrow = useNarrow(), side = !narrow && params.value.get("side") === "1"; // two halves of a telephone have no room for code
  const { value, fault, again } = useLoad(async (s) => Promise.all([filesOf(before, s), filesOf(after, s)]), [before, after], 1e9);
  const files = useMemo(() => value && changed(...value), [value]);
  const choose = (name: "from" | "to", at: number) => (
    <select aria-label={name === "from" ? "Rule set before" : "Rule set after"} value={at} onChange={(e) => set({ [name]: e.currentTarget.value }, false)}>
      {sets.map((r) => <option key={r.number} value={r.number}>#{r.number}, {r.created.slice(0, 10)}, by {r.by}</option>)}
      {name === "from" && <option value={0}>none</option>}
    </select>
  );
  return (
    <section class="card wide changes" aria-label="What changed">
      <div class="bar"><h2>What changed</h2>{choose("from", before)}<span class="dim">to</span>{choose("to", after)}<span class="grow" />{!narrow && <Tabs label="How" of={[["0", "One below the other"], ["1", "Side by side"]]} value={side ? "1" : "0"} pick={(v) => set({ side: v === "1" ? "1" : undefined })} />}</div>
      {fault && <Problem fault={fault} again={again} />}
      {files && (files.length === 0 ? <Empty title="Nothing differs">Both have the same files.</Empty> : (
        <>
          <p class="dim">{files.length === 1 ? "One file" : `${files.length} files`}, <span class="came">+{files.reduce((n, f) => n + f.came, 0)}</span> <span class="went">−{files.reduce((n, f) => n + f.gone, 0)}</span> lines</p>
          {files.map((f) => (
            <details key={f.name} class="change" open>
              <summary><code>{f.name}</code>{f.came > 0 && <span class="came">+{f.came}</span>}{f.gone > 0 && <span class="went">−{f.gone}</span>}</summary>
              <div class="scroll" tabIndex={0} role="region" aria-label={`What changed in ${f.name}`}>{side ? <Beside lines={around(f.lines)} /> : <Below lines={around(f.lines)} />}</div>
            </details>
          ))}
        </>
      ))}
    </section>
  );
}

const sign = { same: " ", gone: "−", new: "+" };
const left = (n: number) => `${n} ${n === 1 ? "line" : "lines"} that stay`;

function Below({ lines }: { lines: (Line | number)[] }) {
  return (
    <table class="diff"><tbody>
      {lines.map((l, i) => (typeof l === "number"
        ? <tr key={i} class="left"><td colSpan={4}>{left(l)}</td></tr>
        : <tr key={i} class={l.kind}><td>{l.before}</td><td>{l.after}</td><td>{sign[l.kind]}</td><td><Code line={l.text} /></td></tr>))}
    </tbody></table>
  );
}

function Beside({ lines }: { lines: (Line | number)[] }) {
  const half = (l: Line | undefined, n?: number) => <><td class={l?.kind}>{n}</td><td class={l ? `${l.kind} half` : "half none"}>{l && <Code line={l.text} />}</td></>;
  return (
    <table class="diff side"><tbody>
      {pairs(lines).map((p, i) => (typeof p === "number" ? <tr key={i} class="left"><td colSpan={4}>{left(p)}</td></tr> : <tr key={i}>{half(p[0], p[0]?.before)}{half(p[1], p[1]?.after)}</tr>))}
    </tbody></table>
  );
}
