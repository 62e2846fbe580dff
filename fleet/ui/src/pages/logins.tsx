import { get } from "../api";
import { link, params, set } from "../route";
import { number } from "../text";
import { Bars, Empty, Problem, Tabs, Time, useLoad } from "../parts";
import { Timeline } from "../charts";
import { Loading } from "./overview";

interface Login { agent: string; time: string; result: "success" | "failure" | "probe"; user: string; src: string; service: string; host: string; method: string; reason: string }
interface Logins {
  since: string; until: string; total: Record<Login["result"], number>; untold: number; users: { name: string; count: number }[]; sources: { name: string; count: number }[];
  timeline: { time: string; success: number; failure: number }[]; step_seconds: number; logins: Login[];
}

const names = { high: "failed", low: "let in" };

export function LoginsPage() {
  const since = params.value.get("since") ?? "24h", q = params.value.get("q") ?? "";
  const { value: v, fault, again } = useLoad((s) => get<Logins>("/api/v1/logins", { since, q, limit: 200 }, s), [since, q], 15_000);
  const find = (text: string) => link("logins", { since: since === "24h" ? undefined : since, q: text });
  return (
    <div class="page">
      <div class="bar">
        <h1>Logins</h1>
        <Tabs label="Time" of={[["60m", "60 min"], ["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"]]} value={since} pick={(x) => set({ since: x === "24h" ? undefined : x })} />
        <form class="grow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}>
          <input type="search" name="q" key={q} defaultValue={q} aria-label="Search logins" placeholder="Search: a user, an address, a service, a host" spellcheck={false} />
        </form>
      </div>
      {fault && <Problem fault={fault} again={again} />}
      {!v ? !fault && <Loading /> : v.logins.length === 0
        ? <Empty title="No login in this time">{q ? "Take words away, or look further back." : <>Agents read logs where their settings say so: <code>auth &#123; journal = true &#125;</code></>}</Empty>
        : (
          <div class="grid half">
            <section class="card wide">
              <h2>{number(v.total.failure)} failed, {number(v.total.success)} let in{v.untold > 0 && <span class="dim">; {number(v.untold)} more were too many at a time to be told</span>}</h2>
              <Timeline height={200} label="Logins by time" names={names} stats={{ step_seconds: v.step_seconds, total: v.total.failure + v.total.success,
                timeline: v.timeline.map((t) => ({ time: t.time, total: t.success + t.failure, low: t.success, medium: 0, high: t.failure, critical: 0 })) }} />
              <p class="legend"><span class="mark high">failed</span> <span class="mark low">let in</span></p>
            </section>
            <section class="card"><h2>Failed, by user</h2><Bars items={v.users} of={v.total.failure} href={find} /></section>
            <section class="card"><h2>Failed, top 10 addresses</h2><Bars items={v.sources} of={v.total.failure} href={find} /></section>
            <section class="card wide">
              <h2>The newest {number(v.logins.length)}</h2>
              <div class="scroll" tabIndex={0} role="region" aria-label="Logins, the newest first"><table class="list stack">
                <thead><tr><th>time</th><th>result</th><th>user</th><th>from</th><th>service</th><th>host</th><th>how</th></tr></thead>
                <tbody>{v.logins.map((l, i) => (
                  <tr key={i}><td class="num"><Time at={l.time} /></td><td class="end"><span class={`pill ${l.result === "success" ? "good" : l.result === "failure" ? "warn" : ""}`}>{l.result === "success" ? "let in" : l.result === "failure" ? "failed" : l.result}</span></td>
                    <td>{l.user ? <a href={find(l.user)}>{l.user}</a> : <span class="dim">none named</span>}</td><td class="num end">{l.src && <a href={find(l.src)}>{l.src}</a>}</td><td>{l.service}</td><td class="end agentname">{l.host || l.agent}</td><td class="dim over">{[l.method, l.reason.replace(/_/g, " ")].filter(Boolean).join(", ")}</td></tr>
                ))}</tbody>
              </table></div>
            </section>
          </div>
        )}
    </div>
  );
}
