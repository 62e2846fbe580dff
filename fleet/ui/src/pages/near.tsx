import { useState } from "preact/hooks";
import { get } from "../api";
import { amount, number } from "../text";
import { Empty, Problem, useLoad } from "../parts";

interface Near { rule: string; threshold: number; strict: boolean; agents: number; values: { value: number; keys: number }[] }

const fires = (n: Near, at: number) => n.values.reduce((sum, v) => sum + ((n.strict ? v.value > at : v.value >= at) ? v.keys : 0), 0);
const title = (n: Near) => `${n.rule}, threshold ${amount(n.threshold)}`;

// HowClose shows how large the values of a rule got beside its threshold, and what another one would have given.
export function HowClose() {
  const { value, fault, again } = useLoad((s) => get<{ rules: Near[] }>("/api/v1/near", {}, s), [], 60_000);
  const [picked, pick] = useState("");
  const rules = value?.rules.filter((n) => n.values.length > 0) ?? [];
  const n = rules.find((x) => title(x) === picked) ?? [...rules].sort((a, b) => fires(b, b.threshold) - fires(a, a.threshold))[0];
  return (
    <section class="card wide near" aria-label="How close">
      <h2>How close, in 7 days</h2>
      {fault && <Problem fault={fault} again={again} />}
      {!value ? !fault && <div class="loading" role="status"><span class="hidden">Loading</span></div> : !n ? <Empty title="No agent has told yet">Agents tell every ten minutes how close keys came to the thresholds of their rules.</Empty> : (
        <>
          <select aria-label="Rule" value={title(n)} onChange={(e) => pick(e.currentTarget.value)}>{rules.map((x) => <option key={title(x)} value={title(x)}>{title(x)}</option>)}</select>
          <Slider key={title(n)} n={n} />
        </>
      )}
    </section>
  );
}

function Slider({ n }: { n: Near }) {
  const stops = [...new Set([...n.values.map((v) => v.value), n.threshold])].sort((a, b) => a - b);
  const [at, move] = useState(stops.indexOf(n.threshold));
  const t = stops[Math.min(at, stops.length - 1)], most = Math.max(...n.values.map((v) => Math.log1p(v.keys)));
  return (
    <>
      <div class="columns" role="img" aria-label={`Largest values of keys: ${n.values.map((v) => `${amount(v.value)}: ${number(v.keys)}`).join(", ")}`}>
        {stops.map((s) => {
          const keys = n.values.find((v) => v.value === s)?.keys ?? 0;
          return <div key={s} class={`${(n.strict ? s > t : s >= t) ? "fires" : ""}${s === n.threshold ? " now" : ""}`} title={`${amount(s)}: ${number(keys)} keys`}><i style={{ height: `${keys > 0 ? Math.max(3, (100 * Math.log1p(keys)) / most) : 0}%` }} /><span>{amount(s)}</span></div>;
        })}
      </div>
      <label class="field"><span>Threshold: {amount(t)}{t === n.threshold ? ", as it is" : ` instead of ${amount(n.threshold)}`}</span>
        <input type="range" min={0} max={stops.length - 1} value={at} aria-valuetext={amount(t)} onInput={(e) => move(Number(e.currentTarget.value))} /></label>
      <p role="status">It would have fired for <b>{number(fires(n, t))}</b> {fires(n, t) === 1 ? "key" : "keys"}{t !== n.threshold && <>; as it is, for {number(fires(n, n.threshold))}</>}. <span class="dim">Of {n.agents === 1 ? "one agent" : `${number(n.agents)} agents`}; a key counts once for each spell of it, and heights are logarithms.</span></p>
    </>
  );
}
