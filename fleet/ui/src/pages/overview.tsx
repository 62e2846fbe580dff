import { get, severities, type AlertPageOf, type Stats } from "../api";
import { agents, may } from "../live";
import { link } from "../route";
import { compact, end, keyText, said } from "../text";
import { Bars, Empty, Problem, SeverityMark, Time, useLoad } from "../parts";
import { Ring, threat, Timeline } from "../charts";

// Overview says in five seconds whether to worry.
export function Overview() {
  const hour = useLoad((s) => get<Stats>("/api/v1/stats", { since: "60m", step: "1m", top: 6 }, s), [], 1000);
  const worst = useLoad((s) => get<AlertPageOf>("/api/v1/alerts", { severity: "high+", since: "24h", limit: 12 }, s), [], 1000);
  const stats = hour.value;
  if (!stats) return hour.fault ? <Problem fault={hour.fault} again={hour.again} /> : <Loading />;
  const { level, score } = threat(stats);
  const online = agents.value.filter((a) => a.online).length, troubled = agents.value.filter((a) => a.trouble.length > 0);
  return (
    <div class="overview">
      <h1 class="hidden">Overview</h1>
      <section class="card level" aria-label="Threat level"><Ring level={level} score={score} /></section>
      <section class="counters" aria-label="Alerts of the last hour by severity">
        {severities.map((s) => (
          <a key={s} class={`counter ${s}`} href={link("feed", { q: `severity:${s} since:1h` })}>
            <b>{compact(stats.severity[s])}</b><SeverityMark of={s} />
          </a>
        ))}
        <a class="counter agents" href={link("agents")}>
          <b>{online}<small> of {agents.value.length}</small></b>
          <span class={online < agents.value.length || troubled.length > 0 ? "mark high" : "mark good"}>{troubled.length > 0 ? `${troubled.length} in trouble` : "agents online"}</span>
        </a>
      </section>
      <section class="card timeline">
        <h2>Last 60 minutes</h2>
        <Timeline stats={stats} label="Alerts of the last 60 minutes" height={330} />
      </section>
      <section class="card cats">
        <h2>Categories, last hour</h2>
        <Bars items={stats.categories} href={(c) => link("feed", { q: `category:${c} since:1h` })} />
      </section>
      <section class="card sources">
        <h2>Sources, last hour</h2>
        <Bars items={stats.sources} href={(a) => link("feed", { q: `src:${a} since:1h` })} />
      </section>
      <section class="card worst">
        <h2>Newest critical and high</h2>
        {worst.fault && <Problem fault={worst.fault} again={worst.again} />}
        {worst.value && (worst.value.alerts.length === 0
          ? <Empty title="None in 24 hours">That is good news, if the agents are online.</Empty>
          : <ol class="newest">
              {worst.value.alerts.map((a) => (
                <li key={a.id}>
                  <a href={link("overview", { alert: a.id })}>
                    <span class="line"><SeverityMark of={a.ruleids.severity} bare /><strong>{a.ruleids.rule}</strong><Time at={a.timestamp} relative /></span>
                    <span class="line dim">{said(a)}</span>
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

export function Loading() {
  return <div class="loading" role="status"><span class="hidden">Loading</span></div>;
}
