import { get, type Stats } from "../api";
import { agents } from "../live";
import { link } from "../route";
import { number } from "../text";
import { Bars, Empty, Problem, Time, useLoad } from "../parts";

interface RuleSet { number: number; digest: string; state: string; created: string; by: string; share?: number; stage?: string; why?: string; description?: string; agents?: string[]; guards?: { name: string; value: string; ok: boolean }[] }

const none = { rulesets: [] as RuleSet[] };

export function Rules() {
  const sets = useLoad((s) => get<{ rulesets: RuleSet[] }>("/api/v1/rulesets", {}, s).catch((e) => { if (e.status === 404) return none; throw e; }), [], 3000);
  const day = useLoad((s) => get<Stats>("/api/v1/stats", { since: "24h", step: "1h", top: 50 }, s), [], 15_000);
  const digests = new Map<string, string[]>();
  for (const a of agents.value) if (a.beat) digests.set(a.beat.digest, [...(digests.get(a.beat.digest) ?? []), a.name]);
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
                {sets.value?.rulesets.map((r) => (
                  <li key={r.number}>
                    <header><b>#{r.number}</b><code>{r.digest.replace("sha256:", "").slice(0, 12)}</code><span class={`pill ${r.state === "live" || r.state === "done" ? "good" : /back|held|fail/.test(r.state) ? "warn" : ""}`}>{r.state}</span><span class="dim">{r.by} · <Time at={r.created} relative /></span></header>
                    {r.share !== undefined && <div class="progress" role="progressbar" aria-valuenow={Math.round(100 * r.share)} aria-valuemin={0} aria-valuemax={100} aria-label={`rule set ${r.number}`}><i style={{ width: `${100 * r.share}%` }} /></div>}
                    {r.why && <p>{r.why}</p>}
                    {r.guards && <ul class="guards">{r.guards.map((g) => <li key={g.name} class={g.ok ? "" : "bad"}>{g.name}: {g.value}</li>)}</ul>}
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
