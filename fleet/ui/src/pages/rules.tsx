import { ask, get, severities, type RuleLine, type RuleSet, type Severity, type Stats } from "../api";
import { agents, may } from "../live";
import { link, params, set } from "../route";
import { amount, number, span } from "../text";
import { Loading } from "./overview";
import { confirm, Empty, Problem, say, SeverityMark, Time, useLoad } from "../parts";
import { Changes } from "./changes";
import { RuleDrawer } from "./rule";

const stages = { canary: "with canaries", quarter: "with a quarter", all: "with all", held: "taken back", replaced: "replaced" };
const share = (r: RuleSet) => (r.state === "canary" ? r.canary : r.state === "quarter" ? 0.25 : r.state === "all" ? 1 : 0);
const short = (digest: string) => digest.replace("sha256:", "").slice(0, 12) || "none";
const middle = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

export function Rules() {
  const sets = useLoad((s) => get<{ rulesets: RuleSet[] }>("/api/v1/rulesets", {}, s), [], 3000);
  const list = useLoad((s) => get<{ rules: RuleLine[] }>("/api/v1/rules", {}, s), [sets.value?.rulesets[0]?.state], 60_000);
  const day = useLoad((s) => get<Stats>("/api/v1/stats", { since: "24h", step: "1h", top: 1000 }, s), [], 15_000);
  const name = params.value.get("name"), compared = params.value.get("to") !== null;
  if (!(sets.value || sets.fault) || !(day.value || day.fault) || !(list.value || list.fault)) return <div class="page"><div class="bar"><h1>Rules</h1></div><Loading /></div>;
  return (
    <div class="page">
      <div class="bar"><h1>Rules</h1></div>
      <div class="grid half">
        <Where sets={sets.value?.rulesets ?? []} />
        <section class="card">
          <h2>Rule sets</h2>
          {sets.fault && <Problem fault={sets.fault} again={sets.again} />}
          {sets.value && sets.value.rulesets.length === 0
            ? <Empty title="None was pushed">Agents run the rules of their own settings. <code>ruleids server rules push DIR</code> tests, signs and rolls one out: to a tenth of the agents first.</Empty>
            : <ol class="sets">{sets.value?.rulesets.map((r, i) => <Set key={r.number} r={r} first={i === 0} before={sets.value!.rulesets[i + 1]} again={sets.again} />)}</ol>}
        </section>
        {compared && may.value.act && sets.value && sets.value.rulesets.length > 0 && <Changes sets={sets.value.rulesets} />}
        <section class="card wide">
          <h2>Every rule <small>alerts of 24 hours, {number(day.value?.total ?? 0)} in all</small></h2>
          {list.fault && <Problem fault={list.fault} again={list.again} />}
          {day.fault && <Problem fault={day.fault} again={day.again} />}
          {list.value && <Table rules={list.value.rules} stats={day.value} />}
        </section>
      </div>
      {name && <RuleDrawer key={name} name={name} />}
    </div>
  );
}

// Where is which rules run at which agents, and how well.
function Where({ sets }: { sets: RuleSet[] }) {
  const digests = new Map<string, typeof agents.value>();
  for (const a of agents.value) if (a.beat) digests.set(a.beat.digest, [...(digests.get(a.beat.digest) ?? []), a]);
  return (
    <section class="card">
      <h2>What runs where</h2>
      {digests.size === 0 ? <Empty title="No agent has told its rules yet">It tells with its first heartbeat.</Empty> : (
        <ul class="digests">
          {[...digests].sort((a, b) => b[1].length - a[1].length).map(([d, of]) => {
            const set = sets.find((r) => of.some((a) => a.beat?.set === r.digest));
            return (
              <li key={d}>
                <header><code>{short(d)}</code>{set && <span class="tag">rule set #{set.number}</span>}<span class="tools"><b>{of.length}</b><span class="dim">of {agents.value.length} agents</span></span></header>
                <div class="progress"><i style={{ width: `${(100 * of.length) / agents.value.length}%` }} /></div>
                <p class="dim small">{of.length > 6 ? `${of.slice(0, 6).map((a) => a.name).join(", ")} …` : of.map((a) => a.name).join(", ")} · {of[0].beat!.rules} rules · processor {Math.round(100 * middle(of.map((a) => a.beat!.cpu)))} % in the middle · {of.filter((a) => a.beat!.loss > 0).length} lose packets</p>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Set({ r, first, before, again }: { r: RuleSet; first: boolean; before?: RuleSet; again: () => void }) {
  const back = () => confirm({
    title: `Take rule set #${r.number} back`, act: "Take back", text: <p>All agents go back to the rule set before it, at once.</p>, fields: [{ name: "reason", label: "Why", required: true }],
    run: async (v) => { await ask("POST", "/api/v1/rulesets/rollback", { reason: v.reason }); say(`Rule set #${r.number} is taken back.`); again(); },
  });
  return (
    <li>
      <header>
        <b>#{r.number}</b><code>{short(r.digest)}</code><span class={`pill ${r.state === "all" ? "good" : r.state === "held" ? "off" : r.state === "replaced" ? "" : "warn"}`}>{stages[r.state] ?? r.state}</span>
        <span class="tools">
          {may.value.act && <button type="button" class="quiet" onClick={() => set({ from: String(before?.number ?? 0), to: String(r.number) }, false)}>What changed</button>}
          {first && r.state !== "held" && may.value.admin && <button type="button" onClick={back}>Take back</button>}
        </span>
      </header>
      <p class="dim small">{r.rules === 1 ? "1 rule" : `${r.rules} rules`} of its own{r.label && <>, for <span class="tag">{r.label}</span></>} · {r.by} · <Time at={r.created} relative /></p>
      {share(r) > 0 && share(r) < 1 && <><div class="progress" role="progressbar" aria-valuenow={Math.round(100 * share(r))} aria-valuemin={0} aria-valuemax={100} aria-label={`rule set ${r.number}`}><i style={{ width: `${100 * share(r)}%` }} /></div>
        <p class="dim small">{r.stage.length === 1 ? agents.value.find((a) => a.id === r.stage[0])?.name ?? "one agent" : `${r.stage.length} agents`}, {span(r.soak_seconds)} in each stage; this one began <Time at={r.since} relative />. It is taken back by itself where an agent refuses it, drops out or loses packets, or raises far more alerts or takes far more processor time than before.</p></>}
      {r.reason && <p>{r.reason}</p>}
    </li>
  );
}

type Order = "alerts" | "cost" | "rule";

function Table({ rules, stats }: { rules: RuleLine[]; stats?: Stats }) {
  const order = (params.value.get("by") ?? "alerts") as Order, q = (params.value.get("q") ?? "").toLowerCase();
  const counts = new Map(stats?.rules.map((r) => [r.name, r.count]));
  // A rule of an agent's own files is known by its alerts only.
  const all: RuleLine[] = [...rules, ...(stats?.rules ?? []).filter((r) => !rules.some((x) => x.rule === r.name)).map((r) => ({ rule: r.name, description: "", severity: "", category: "", enabled: true, set: -1, overridden: false, cost: 0, agents: 0 }))];
  const shown = all.filter((r) => q.split(/\s+/).every((w) => `${r.rule} ${r.category} ${r.severity} ${r.description}`.toLowerCase().includes(w)));
  const of = (r: RuleLine) => counts.get(r.rule) ?? 0;
  shown.sort((a, b) => (order === "rule" ? 0 : order === "cost" ? b.cost - a.cost : of(b) - of(a)) || a.rule.localeCompare(b.rule));
  const most = Math.max(1, ...counts.values());
  const head = (by: Order, text: string, c?: string) => <th class={c} aria-sort={order === by ? (by === "rule" ? "ascending" : "descending") : undefined}><button type="button" class="sort" onClick={() => set({ by: by === "alerts" ? undefined : by })}>{text}{order === by && <span aria-hidden="true"> {by === "rule" ? "↑" : "↓"}</span>}</button></th>;
  return (
    <>
      <form class="narrow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}><input type="search" name="q" key={q} defaultValue={q} aria-label="Narrow the rules" placeholder="Narrow: a name, a category, a severity" spellcheck={false} /></form>
      {shown.length === 0 ? <Empty title="No rule">Take words away.</Empty> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Rules">
          <table class="list rules">
            <thead><tr>{head("rule", "rule")}<th>severity</th><th class="far">category</th><th class="far">from</th>{head("alerts", "alerts", "count")}<th class="far"><span class="hidden">share</span></th>{head("cost", "ns a packet", "count")}</tr></thead>
            <tbody>
              {shown.map((r) => (
                <tr key={r.rule} class={r.enabled ? "" : "unused"}>
                  <td><a class="strong" href={link("rules", { ...Object.fromEntries(params.value), name: r.rule })}>{r.rule}</a>{r.description && <div class="dim small">{r.description}</div>}</td>
                  <td>{severities.includes(r.severity as Severity) ? <SeverityMark of={r.severity as Severity} /> : null}</td>
                  <td class="far">{r.category}</td>
                  <td class="far">{r.set < 0 ? <span class="dim">an agent's files</span> : r.set > 0 ? <span class="tag">set #{r.set}</span> : <span class="dim">shipped</span>}{r.overridden && <span class="tag warn">changed</span>}{!r.enabled && <span class="tag">off</span>}</td>
                  <td class="count">{of(r) > 0 ? <a href={link("feed", { q: `rule:${r.rule} since:24h` })}>{number(of(r))}</a> : <span class="dim">0</span>}</td>
                  <td class="far share"><i style={{ width: `${(100 * of(r)) / most}%` }} /></td>
                  <td class="count">{r.agents > 0 ? amount(r.cost) : <span class="dim">–</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
