import { get } from "../api";
import { link, params, set } from "../route";
import { number } from "../text";
import { Empty, Problem, Tabs, Time, useLoad } from "../parts";
import { Loading } from "./overview";

interface Service { port: number; proto: string; service?: string; product?: string; closed?: string; clients?: number }
interface Host {
  agent: string; ip: string; mac?: string; vendor?: string; names?: { name: string; by: string }[]; system?: string; system_by?: string; first: string; last: string; local?: boolean; router?: boolean; answered: boolean; mac_before?: string;
  services?: Service[];
}

const called = (h: Host) => h.names?.[0]?.name ?? h.ip;

export function Assets() {
  const q = params.value.get("q") ?? "", which = params.value.get("of") ?? "local";
  const { value: v, fault, again } = useLoad((s) => get<{ assets: Host[]; total: number }>("/api/v1/assets", { q, local: which === "local" ? "true" : undefined, limit: 500 }, s), [q, which], 15_000);
  const find = (text: string) => link("assets", { of: which === "local" ? undefined : which, q: text });
  return (
    <div class="page">
      <div class="bar">
        <h1>Assets</h1>
        <Tabs label="Which hosts" of={[["local", "Ours"], ["all", "All"]]} value={which} pick={(x) => set({ of: x === "local" ? undefined : x })} />
        <form class="grow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}>
          <input type="search" name="q" key={q} defaultValue={q} aria-label="Search hosts" placeholder="Search: an address, a name, hardware, a system, a service" spellcheck={false} />
        </form>
      </div>
      {fault && <Problem fault={fault} again={again} />}
      {!v ? !fault && <Loading /> : v.assets.length === 0
        ? <Empty title="No host">{q ? "Take words away." : "Agents learn of hosts and services from packets, where their settings say so."}</Empty>
        : (
          <>
            <section class="card"><h2>{number(v.total)} hosts{v.total > v.assets.length && <span class="dim">, of which {number(v.assets.length)} are shown</span>}</h2><Graph hosts={v.assets} find={find} /></section>
            <div class="scroll" tabIndex={0} role="region" aria-label="Hosts by address"><table class="list">
              <thead><tr><th>host</th><th>hardware</th><th>system</th><th>services</th><th>agent</th><th>first seen</th><th>last seen</th></tr></thead>
              <tbody>{v.assets.map((h) => (
                <tr key={`${h.agent} ${h.ip}`}>
                  <td><a class="num strong" href={link("feed", { q: `ip:${h.ip}` })}>{h.ip}</a>{h.names?.[0] && <div>{h.names[0].name}</div>}{h.router && <span class="tag">router</span>}{!h.answered && <span class="tag warn">only sent</span>}</td>
                  <td><span class="num">{h.mac}</span>{h.vendor && <div class="dim">{h.vendor}</div>}{h.mac_before && <div class="caution">before: {h.mac_before}</div>}</td>
                  <td>{h.system}{h.system_by && <span class="dim"> by {h.system_by}</span>}</td>
                  <td>{h.services?.map((x) => <a key={`${x.port}${x.proto}`} class="tag" href={find(x.service || String(x.port))} title={x.product}>{x.port}/{x.proto}{x.service ? ` ${x.service}` : ""}</a>)}</td>
                  <td>{h.agent}</td><td><Time at={h.first} relative /></td><td><Time at={h.last} relative /></td>
                </tr>
              ))}</tbody>
            </table></div>
          </>
        )}
    </div>
  );
}

const mostShown = 40; // hosts of an agent in the graph

// Graph shows the hosts of each agent around it, those with more services larger.
function Graph({ hosts, find }: { hosts: Host[]; find: (text: string) => string }) {
  const agents = [...new Set(hosts.map((h) => h.agent))].sort();
  return (
    <div class="graphs">{agents.map((a) => {
      const all = hosts.filter((h) => h.agent === a), list = [...all].sort((x, y) => (y.services?.length ?? 0) - (x.services?.length ?? 0)).slice(0, mostShown);
      return (
        <figure key={a} class="graph">
          <svg viewBox="-170 -130 340 260" role="group" aria-label={`${a} knows ${number(all.length)} hosts`}>
            {list.map((h, i) => {
              const angle = (2 * Math.PI * i) / list.length - Math.PI / 2, far = list.length > 16 && i % 2 === 1 ? 108 : 74, x = far * 1.25 * Math.cos(angle), y = far * Math.sin(angle), r = 4 + Math.min(7, 2 * (h.services?.length ?? 0));
              return (
                <a key={h.ip} href={find(h.ip)} aria-label={`${called(h)}, ${h.services?.length ?? 0} services`}>
                  <title>{`${called(h)} ${h.ip}${h.system ? `, ${h.system}` : ""}${h.services ? `: ${h.services.map((s) => s.service || s.port).join(", ")}` : ""}`}</title>
                  <line x1="0" y1="0" x2={x} y2={y} /><circle cx={x} cy={y} r={r} class={h.router ? "router" : h.services ? "serves" : ""} />
                  {list.length <= 16 && <text x={x} y={y + r + 10}>{called(h).slice(0, 16)}</text>}
                </a>
              );
            })}
            <circle r="15" class="agentnode" />
          </svg>
          <figcaption>{a}<span class="dim"> · {number(all.length)} {all.length === 1 ? "host" : "hosts"}{all.length > list.length && `, ${list.length} shown`}</span></figcaption>
        </figure>
      );
    })}</div>
  );
}
