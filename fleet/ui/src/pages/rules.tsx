import { ask, get, type RuleSet, type Stats } from "../api";
import { agents, may } from "../live";
import { link } from "../route";
import { number, span } from "../text";
import { Loading } from "./overview";
import { Bars, confirm, Empty, Problem, say, Time, useLoad } from "../parts";

const stages = { canary: "with canaries", quarter: "with a quarter", all: "with all", held: "taken back", replaced: "replaced" };
const share = (r: RuleSet) => (r.state === "canary" ? r.canary : r.state === "quarter" ? 0.25 : r.state === "all" ? 1 : 0);

export function Rules() {
  const sets = useLoad((s) => get<{ rulesets: RuleSet[] }>("/api/v1/rulesets", {}, s), [], 3000);
  const day = useLoad((s) => get<Stats>("/api/v1/stats", { since: "24h", step: "1h", top: 50 }, s), [], 15_000);
  const back = (r: RuleSet) => confirm({
    title: `Take rule set #${r.number} back`, act: "Take back", text: <p>All agents go back to the rule set before it, at once.</p>, fields: [{ name: "reason", label: "Why", required: true }],
    run: async (v) => { await ask("POST", "/api/v1/rulesets/rollback", { reason: v.reason }); say(`Rule set #${r.number} is taken back.`); sets.again(); },
  });
  const digests = new Map<string, string[]>();
  for (const a of agents.value) if (a.beat) digests.set(a.beat.digest, [...(digests.get(a.beat.digest) ?? []), a.name]);
  if (!(sets.value || sets.fault) || !(day.value || day.fault)) return <div class="page"><div class="bar"><h1>Rules</h1></div><Loading /></div>;
  return (
    <div class="page">
      <div class="bar"><h1>Rules</h1></div>
      <div class="grid">
        <section class="card wide">
          <h2>What runs where</h2>
          {digests.size === 0 ? <Empty title="No agent has told its rules yet" /> : (
            <ul class="digests">
              {[...digests].sort((a, b) => b[1].length - a[1].length).map(([d, names], i) => (
                <li key={d}><code>{d.replace("sha256:", "").slice(0, 12) || "none"}</code><span class={i === 0 ? "pill good" : "pill warn"}>{names.length} of {agents.value.length} agents</span><span class="dim">{names.length > 6 ? `${names.slice(0, 6).join(", ")} …` : names.join(", ")}</span></li>
              ))}
            </ul>
          )}
        </section>
        <section class="card wide">
          <h2>Rule sets</h2>
          {sets.fault && <Problem fault={sets.fault} again={sets.again} />}
          {sets.value && sets.value.rulesets.length === 0
            ? <Empty title="None was pushed">Agents run the rules of their own settings. <code>ruleids server rules push DIR</code> tests, signs and rolls one out: to a tenth of the agents first.</Empty>
            : (
              <ol class="sets">
                {sets.value?.rulesets.map((r, i) => (
                  <li key={r.number}>
                    <header>
                      <b>#{r.number}</b><code>{r.digest.replace("sha256:", "").slice(0, 12)}</code><span class={`pill ${r.state === "all" ? "good" : r.state === "held" ? "off" : r.state === "replaced" ? "" : "warn"}`}>{stages[r.state] ?? r.state}</span>
                      <span class="dim">{r.rules} rules{r.label && <>, for <span class="tag">{r.label}</span></>} · {r.by} · <Time at={r.created} relative /></span><span class="grow" />
                      {i === 0 && r.state !== "held" && may.value.admin && <button type="button" onClick={() => back(r)}>Take back</button>}
                    </header>
                    {share(r) > 0 && share(r) < 1 && <><div class="progress" role="progressbar" aria-valuenow={Math.round(100 * share(r))} aria-valuemin={0} aria-valuemax={100} aria-label={`rule set ${r.number}`}><i style={{ width: `${100 * share(r)}%` }} /></div><p class="dim small">{r.stage.length} agents, {span(r.soak_seconds)} in each stage; this one began <Time at={r.since} relative /></p></>}
                    {r.reason && <p>{r.reason}</p>}
                  </li>
                ))}
              </ol>
            )}
        </section>
        <section class="card wide"><h2>Hits in 24 hours</h2>{day.fault && <Problem fault={day.fault} again={day.again} />}{day.value && <><Bars items={day.value.rules} href={(n) => link("feed", { q: `rule:${n} since:24h` })} /><p class="dim">{number(day.value.total)} alerts in all</p></>}</section>
      </div>
    </div>
  );
}
