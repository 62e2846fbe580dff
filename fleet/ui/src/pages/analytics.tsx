import { get, severities, type Stats } from "../api";
import { link, params, set } from "../route";
import { number, quote, span } from "../text";
import { Bars, Empty, Problem, Tabs, useLoad } from "../parts";
import { Donut, Timeline } from "../charts";
import { HowClose } from "./near";
import { Loading } from "./overview";
import { tactics, techniqueName } from "../attack";

const steps: Record<string, string> = { "60m": "1m", "24h": "15m", "7d": "2h", "30d": "12h" };

export function Analytics() {
  const since = params.value.get("since") ?? "24h", q = params.value.get("q") ?? "";
  const { value: s, fault, again } = useLoad((signal) => get<Stats>("/api/v1/stats", { since, q, step: steps[since] ?? "1h", top: 10 }, signal), [since, q], 8000);
  const to = (term: string) => link("feed", { q: [q, term, `since:${since}`].filter(Boolean).join(" ") });
  return (
    <div class="page">
      <div class="bar">
        <h1>Analytics</h1>
        <Tabs label="Time" of={[["60m", "60 min"], ["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"]]} value={since} pick={(v) => set({ since: v === "24h" ? undefined : v })} />
        <form class="grow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}>
          <input type="search" name="q" key={q} defaultValue={q} aria-label="Narrow" placeholder="Narrow: agent:berlin-edge -rule:dns_tunnel" spellcheck={false} />
        </form>
      </div>
      {fault && <Problem fault={fault} again={again} />}
      {!s ? !fault && <Loading /> : s.total === 0 ? <Empty title="No alert in this time">Look further back, or take words away.</Empty> : (
        <div class="grid three">
          <section class="card wide"><h2>Rate <small>alerts in {span(s.step_seconds)}</small></h2><Timeline stats={s} label="Alerts by time" height={220} /></section>
          <section class="card filled"><h2>Severity</h2><Donut label="Alerts by severity" parts={severities.map((x) => ({ name: x, count: s.severity[x], colour: `--${x}` }))} /></section>
          {s.hours && <section class="card filled"><h2>Times of day <small>UTC</small></h2><Hours of={s.hours} /></section>}
          <section class="card"><h2>Top 10 sources</h2><Bars items={s.sources} of={s.total} href={(n) => to(`src:${n}`)} /></section>
          <section class="card"><h2>Categories</h2><Bars items={s.categories} of={s.total} href={(n) => to(`category:${quote(n)}`)} /></section>
          <section class="card"><h2>Rules</h2><Bars items={s.rules} of={s.total} href={(n) => to(`rule:${quote(n)}`)} /></section>
          <section class="card"><h2>Agents</h2><Bars items={s.agents} of={s.total} href={(n) => to(`agent:${quote(n)}`)} /></section>
          <HowClose />
          {s.techniques && s.techniques.length > 0 && <section class="card wide"><h2>ATT&CK techniques</h2><Matrix stats={s} to={to} /></section>}
        </div>
      )}
    </div>
  );
}

// Hours shows which hours of the day (UTC) have how many alerts.
function Hours({ of }: { of: number[] }) {
  const most = Math.max(1, ...of);
  return (
    <figure class="hours" role="img" aria-label={`Alerts by hour of the day, UTC: ${of.map((n, h) => `${h}: ${n}`).join(", ")}`}>
      {of.map((n, h) => <div key={h} title={`${String(h).padStart(2, "0")}:00 UTC, ${number(n)} alerts`}><i style={{ height: `${(100 * n) / most}%` }} /><span>{h % 6 === 0 ? String(h).padStart(2, "0") : ""}</span></div>)}
    </figure>
  );
}

function Matrix({ stats, to }: { stats: Stats; to: (term: string) => string }) {
  const most = Math.max(1, ...stats.techniques!.map((t) => t.count));
  return (
    <div class="matrix">
      {tactics.map(([tactic, ids]) => {
        const cells = stats.techniques!.filter((t) => ids.includes(t.name.split(".")[0]));
        return cells.length > 0 && (
          <div key={tactic}>
            <h3>{tactic}</h3>
            {cells.map((t) => <a key={t.name} href={to(`attack:${t.name}`)} style={{ "--heat": String(0.12 + 0.55 * Math.sqrt(t.count / most)) }}><b>{t.name}</b> <span>{techniqueName(t.name)}</span><em>{number(t.count)}</em></a>)}
          </div>
        );
      })}
    </div>
  );
}
