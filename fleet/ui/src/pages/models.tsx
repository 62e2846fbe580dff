import { get, type Alert, type Model } from "../api";
import { link, params, set } from "../route";
import { keyText, number, said, span } from "../text";
import { Empty, Problem, SeverityMark, Tabs, Time, useLoad } from "../parts";
import { Loading } from "./overview";

interface AgentModel { agent: string; online: boolean; model: Model }
interface Learned { name: string; agents: AgentModel[]; alerts: number; odd: Alert[] }

const much = 0.25; // drift from which on a model is to learn again
const shownAgents = 50, shownOdd = 8;

export function Models() {
  const since = params.value.get("since") ?? "7d";
  const { value, fault, again } = useLoad((s) => get<{ models: Learned[]; complete: boolean }>("/api/v1/models", { since }, s), [since], 10_000);
  return (
    <div class="page">
      <div class="bar"><h1>Models</h1><Tabs label="Time" of={[["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"]]} value={since} pick={(v) => set({ since: v === "7d" ? undefined : v })} /></div>
      {fault && <Problem fault={fault} again={again} />}
      {!value ? !fault && <Loading /> : value.models.length === 0
        ? <Empty title="No agent has a model that runs">A model learns what is usual, and says what is odd. Turn one on with a rule that looks at it: <code>override "odd_host" &#123; enabled = true &#125;</code></Empty>
        : value.models.map((m) => <One key={m.name} m={m} complete={value.complete} />)}
    </div>
  );
}

const worst = (m: Model) => m.features.reduce<number | undefined>((n, f) => (f.drift === null || (n !== undefined && n >= f.drift) ? n : f.drift), undefined);

function One({ m, complete }: { m: Learned; complete: boolean }) {
  const learning = m.agents.filter((a) => a.model.learning).length;
  const drifted = m.agents.filter((a) => (worst(a.model) ?? 0) > much).length;
  return (
    <section class="card model" aria-label={m.name}>
      <header>
        <h2>{m.name}</h2>{m.agents[0] && <span class="tag">{m.agents[0].model.method}</span>}
        {learning > 0 && <span class="pill warn">{learning} of {m.agents.length} learning</span>}
        {drifted > 0 && <span class="pill off">{drifted} drifted</span>}
        {m.agents.length > 0 && learning + drifted === 0 && <span class="pill good">usual is known</span>}
      </header>
      <div class="halves">
        <div>
          <h3>What is usual (99 of 100)</h3>
          {m.agents.length === 0 ? <Empty title="No agent has this model now" /> : m.agents.slice(0, shownAgents).map((a, i) => <Usual key={a.agent} a={a} open={i === 0 && !a.model.learning} />)}
          {m.agents.length > shownAgents && <p class="dim foot">and {number(m.agents.length - shownAgents)} agents more, which the API lists</p>}
        </div>
        <div>
          <h3>What was odd</h3>
          {m.odd.length === 0 ? <Empty title="Nothing in this time">{learning === m.agents.length && learning > 0 ? "A model that learns says nothing is odd." : undefined}</Empty> : (
            <ol class="odd">{m.odd.slice(0, shownOdd).map((a) => (
              <li key={a.id}><a href={link("models", { ...Object.fromEntries(params.value), alert: a.id })}>
                <span class="line"><SeverityMark of={a.ruleids.severity} bare /><strong class="num">{a.src_ip ?? keyText(a.ruleids.key)}</strong><span class="dim">{a.agent}</span><Time at={a.timestamp} relative /></span>
                <span class="words">{a.ruleids.model?.odd || said(a)}</span>
              </a></li>
            ))}</ol>
          )}
          {m.alerts > Math.min(m.odd.length, shownOdd) && <p class="foot"><a href={link("feed", { q: `model.${m.name} since:${params.value.get("since") ?? "7d"}` })}>All {number(m.alerts)}{complete ? "" : " or more"}</a></p>}
        </div>
      </div>
    </section>
  );
}

function Usual({ a, open }: { a: AgentModel; open: boolean }) {
  const m = a.model, drift = worst(m);
  const share = Math.min(m.learns_seconds > 0 ? m.learned_seconds / m.learns_seconds : 1, m.needs > 0 ? m.samples / m.needs : 1, 1);
  return (
    <details class="usual" open={open}>
      <summary>
        <b>{a.agent}</b>{!a.online && <span class="pill off">offline</span>}
        {m.learning
          ? <span class="dim">learning: {span(m.learned_seconds)} of {span(m.learns_seconds)}, {number(m.samples)} of {number(m.needs)} samples</span>
          : <span class="dim">baseline <code>{m.baseline}</code>{m.pinned ? ", pinned" : ""}</span>}
        {drift !== undefined && drift > much && <span class="pill off">drift {drift.toFixed(2)}</span>}
        {m.error && <span class="pill off">trouble</span>}
      </summary>
      {m.error && <p class="fault">{m.error}</p>}
      {m.learning ? <><div class="progress" role="progressbar" aria-valuenow={Math.round(100 * share)} aria-valuemin={0} aria-valuemax={100} aria-label={`${a.agent} learns`}><i style={{ width: `${100 * share}%` }} /></div><p class="dim small">It gives no scores until then.</p></> : (
        <>
          <table class="list features">
            <thead><tr><th>feature</th><th>usually</th><th>drift</th></tr></thead>
            <tbody>{m.features.map((f) => (
              <tr key={f.name}><td>{f.name}</td><td class="num">{f.usual}</td><td class={f.drift !== null && f.drift > much ? "num caution" : "num"}>{f.drift === null ? <span class="dim">too few</span> : f.drift > much ? `${f.drift.toFixed(2)}, much` : f.drift.toFixed(2)}</td></tr>
            ))}</tbody>
          </table>
          <p class="dim small">Learned for {span(m.learned_seconds)}{m.learned_later > 0 && `, from ${number(m.learned_later)} samples since`}; {number(m.not_learned)} were odd, and not learned.{drift !== undefined && drift > much && <> What comes now is not what was learned: see whether it is to learn again, with <code>ruleids model forget {m.name}</code> there.</>}</p>
        </>
      )}
    </details>
  );
}
