import { get, severities, type AlertPageOf, type Decision, type Inbox, type RuleSet, type Severity, type Stats } from "../api";
import { agents, may } from "../live";
import { link } from "../route";
import { compact, end, keyText, number, said } from "../text";
import { Bars, Empty, Problem, SeverityMark, Time, useLoad } from "../parts";
import { levels, Ring, threat, Timeline, type Level } from "../charts";

// Overview says in five seconds whether to worry, in thirty what happened, and in sixty what was done about it.
export function Overview() {
  const hour = useLoad((s) => get<Stats>("/api/v1/stats", { since: "60m", step: "1m", top: 8 }, s), [], 1000);
  const before = useLoad((s) => get<Stats>("/api/v1/stats", { since: "2h", until: "1h", step: "1m", top: 1 }, s), [], 30_000);
  const worst = useLoad((s) => get<AlertPageOf>("/api/v1/alerts", { severity: "high+", since: "24h", limit: 20 }, s), [], 1000);
  const stats = hour.value;
  if (!stats) return <><h1 class="hidden">Overview</h1>{hour.fault ? <Problem fault={hour.fault} again={hour.again} /> : <Loading />}</>;
  const { level, score } = threat(stats);
  const online = agents.value.filter((a) => a.online).length, troubled = agents.value.filter((a) => a.online && a.trouble.length > 0).length;
  const well = online === agents.value.length && troubled === 0;
  return (
    <div class="overview">
      <h1 class="hidden">Overview</h1>
      <section class="card level" aria-label="Threat level"><Ring level={level} /><Why level={level} score={score} stats={stats} before={before.value} /></section>
      <section class="counters" aria-label="Alerts of the last hour by severity">
        {severities.map((s) => (
          <a key={s} class={`counter ${s}`} href={link("feed", { q: `severity:${s} since:1h` })}>
            <SeverityMark of={s} /><b>{compact(stats.severity[s])}</b><Change of={s} now={stats} before={before.value} />
          </a>
        ))}
        <a class={`counter agents${well ? "" : " unwell"}`} href={link("agents")}>
          <span class="mark">agents</span><b>{online}<small> of {agents.value.length}<span class="wider"> online</span></small></b>
          <small class={well ? "dim" : "caution"}>{agents.value.length === 0 ? "none has joined" : well ? "all are well" : online < agents.value.length ? <>{agents.value.length - online} offline{troubled > 0 && <span class="wider">, {troubled} in trouble</span>}</> : `${troubled} in trouble`}</small>
        </a>
      </section>
      <section class="card timeline"><h2>Alerts <small>in the last 60 minutes, by the minute</small></h2><Timeline stats={stats} label="Alerts of the last 60 minutes" /></section>
      <section class="card cats"><h2>Categories <small>last hour</small></h2><Bars items={stats.categories} href={(c) => link("feed", { q: `category:${c} since:1h` })} /></section>
      <section class="card sources"><h2>Sources <small>last hour</small></h2><Bars items={stats.sources} href={(a) => link("feed", { q: `src:${a} since:1h` })} /></section>
      <Done />
      <section class="card worst">
        <h2>Newest critical and high</h2>
        {worst.fault && <Problem fault={worst.fault} again={worst.again} />}
        {worst.value && (worst.value.alerts.length === 0
          ? <Empty title="None in 24 hours">{online > 0 ? "Good news: the agents are online, and found none." : "But no agent is online."}</Empty>
          : <ol class="newest" tabIndex={0} aria-label="Newest critical and high alerts">
              {worst.value.alerts.map((a) => (
                <li key={a.id}>
                  <a href={link("overview", { alert: a.id })}>
                    <span class="line"><SeverityMark of={a.ruleids.severity} bare /><strong>{a.ruleids.rule}</strong><Time at={a.timestamp} relative /></span>
                    <span class="line">{said(a)}</span>
                    <span class="line dim small">{a.agent} · {end(a.src_ip, a.src_port) || keyText(a.ruleids.key)}</span>
                  </a>
                </li>
              ))}
            </ol>)}
        <p class="foot"><a href={link("inbox")}>{may.value.act ? "Work through the inbox" : "Look into the inbox"}</a></p>
      </section>
    </div>
  );
}

// Why says what made the level, and whether that is new.
function Why({ level, score, stats, before }: { level: Level; score: number; stats: Stats; before?: Stats }) {
  const was = before && threat(before).level, n = levels.indexOf(level);
  const most = stats.rules[0];
  return (
    <div class="why">
      <ol class="steps" aria-hidden="true">{levels.map((l, i) => <li key={l} class={i <= n ? `on level${n}` : ""} />)}</ol>
      {most ? <p>Mostly <a href={link("feed", { q: `rule:${most.name} since:1h` })}>{most.name}</a>{stats.sources[0] && <>, and <a class="num" href={link("feed", { q: `ip:${stats.sources[0].name} since:1h` })}>{stats.sources[0].name}</a></>}.</p> : <p>No alert in the last hour.</p>}
      <p class="dim small">{was === undefined ? " " : was === level ? "As an hour ago" : `${levels.indexOf(was) < n ? "Up" : "Down"} from ${was} an hour ago`}{score > 0 && ` · ${score < 10 ? score.toFixed(1) : number(score)} points`}</p>
    </div>
  );
}

function Change({ of, now, before }: { of: Severity; now: Stats; before?: Stats }) {
  if (!before) return <small class="dim"> </small>;
  const n = now.severity[of] - before.severity[of];
  return <small class="dim" title="the hour before">{n === 0 ? "as" : `was ${compact(before.severity[of])}`}<span class={n === 0 ? "" : "wider"}> {n === 0 ? "before" : "the hour before"}</span></small>;
}

// Done is what people and agents did about alerts, and what waits for somebody.
function Done() {
  const open = useLoad((s) => get<Inbox>("/api/v1/inbox", { since: "24h", status: "open", limit: 1 }, s), [], 10_000);
  const escalated = useLoad((s) => get<Inbox>("/api/v1/inbox", { since: "7d", status: "escalated", limit: 1 }, s), [], 10_000);
  const held = useLoad((s) => get<{ decisions: Decision[] }>("/api/v1/decisions", {}, s), [], 5000);
  const sets = useLoad((s) => get<{ rulesets: RuleSet[] }>("/api/v1/rulesets", {}, s), [], 10_000);
  const going = sets.value?.rulesets[0], list = held.value?.decisions ?? [];
  const fault = open.fault ?? held.fault;
  const told = (n?: number) => (n === undefined ? "–" : number(n));
  return (
    <section class="card done">
      <h2>What was done</h2>
      {fault && <Problem fault={fault} again={() => { open.again(); held.again(); }} />}
      <dl class="sums">
        <dt><a href={link("inbox")}>Groups that wait</a></dt><dd>{told(open.value?.total)}</dd>
        <dt><a href={link("inbox", { status: "escalated", since: "7d" })}>Escalated</a></dt><dd>{told(escalated.value?.total)}</dd>
        <dt><a href={link("decisions")}>Kept out by all</a></dt><dd>{told(held.value && list.length)}</dd>
        <dt><a href={link("rules")}>Newest rule set</a></dt><dd>{!sets.value ? "–" : !going ? "none" : `#${going.number}`}{going && going.state !== "all" && <span class={`pill ${going.state === "held" ? "off" : "warn"}`}>{{ canary: "canary", quarter: "a quarter", held: "taken back", replaced: "replaced" }[going.state]}</span>}</dd>
      </dl>
      <ul class="kept">
        {list.slice(0, 3).map((d) => <li key={d.target}><span class="num strong">{d.target}</span><span class="dim">{d.reason}</span><Time at={d.since} relative /></li>)}
      </ul>
    </section>
  );
}

export function Loading() {
  return <div class="loading" role="status"><span class="hidden">Loading</span></div>;
}
