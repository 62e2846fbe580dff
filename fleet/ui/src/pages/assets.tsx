import { get } from "../api";
import { link, params, set } from "../route";
import { number } from "../text";
import { Empty, Problem, Tabs, Time, useLoad } from "../parts";
import { Loading } from "./overview";

interface Service { port: number; proto: string; service?: string; product?: string; closed?: string; clients?: number; from?: string[] }
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
            <div class="scroll" tabIndex={0} role="region" aria-label="Hosts by address"><table class="list stack">
              <thead><tr><th>host</th><th>hardware</th><th>system</th><th>services</th><th>agent</th><th>first seen</th><th>last seen</th></tr></thead>
              <tbody>{v.assets.map((h) => (
                <tr key={`${h.agent} ${h.ip}`}>
                  <td><a class="num strong" href={link("feed", { q: `ip:${h.ip}` })}>{h.ip}</a>{h.names?.[0] && <div>{h.names[0].name}</div>}{h.router && <span class="tag">router</span>}{!h.answered && <span class="tag warn">only sent</span>}</td>
                  <td class="end"><span class="num">{h.mac}</span>{h.vendor && <div class="dim">{h.vendor}</div>}{h.mac_before && <div class="caution">before: {h.mac_before}</div>}</td>
                  <td class="over">{h.system}{h.system_by && <span class="dim"> by {h.system_by}</span>}</td>
                  <td class="over">{h.services?.map((x) => <a key={`${x.port}${x.proto}`} class="tag" href={find(x.service || String(x.port))} title={x.product}>{x.port}/{x.proto}{x.service ? ` ${x.service}` : ""}</a>)}</td>
                  <td class="agentname">{h.agent}</td><td class="far"><Time at={h.first} relative /></td><td class="end"><Time at={h.last} relative /></td>
                </tr>
              ))}</tbody>
            </table></div>
          </>
        )}
    </div>
  );
}

const mostShown = 40; // hosts of an agent in the graph
const named = 20; // and up to how many of them have their names beside them

// Graph shows for each agent who asks whom: a line for each client of a host's services, hosts with more clients larger.
function Graph({ hosts, find }: { hosts: Host[]; find: (text: string) => string }) {
  const agents = [...new Set(hosts.map((h) => h.agent))].sort();
  return <div class="graphs">{agents.map((a) => <Talks key={a} agent={a} hosts={hosts.filter((h) => h.agent === a)} find={find} />)}</div>;
}

const places = (n: number) => (n === 1 ? "1 service" : `${number(n)} services`);

function Talks({ agent, hosts, find }: { agent: string; hosts: Host[]; find: (text: string) => string }) {
  const clients = (h: Host) => new Set(h.services?.flatMap((s) => s.from ?? []));
  const asks = new Map<string, number>(); // of how many hosts an address is a client
  for (const h of hosts) for (const c of clients(h)) asks.set(c, (asks.get(c) ?? 0) + 1);
  const weight = (h: Host) => clients(h).size + (asks.get(h.ip) ?? 0);
  const shown = new Set([...hosts].sort((x, y) => weight(y) - weight(x)).slice(0, mostShown)), list = hosts.filter((h) => shown.has(h));
  const at = new Map(list.map((h, i) => {
    const angle = (2 * Math.PI * i) / list.length - Math.PI / 2;
    return [h.ip, { x: 118 * Math.cos(angle), y: 92 * Math.sin(angle), right: Math.cos(angle) >= -0.01 }];
  }));
  return (
    <figure class="graph">
      <svg viewBox="-240 -112 480 224" role="group" aria-label={`Who asks whom at ${agent}`}>
        {list.flatMap((h) => [...clients(h)].filter((c) => at.has(c) && c !== h.ip).map((c) => {
          const from = at.get(c)!, to = at.get(h.ip)!, what = h.services!.filter((s) => s.from?.includes(c)).map((s) => s.service || `${s.port}/${s.proto}`);
          return <path key={`${c} ${h.ip}`} d={`M${from.x} ${from.y}Q0 0 ${to.x} ${to.y}`}><title>{`${called(hosts.find((x) => x.ip === c)!)} asks ${called(h)}: ${what.join(", ")}`}</title></path>;
        }))}
        {list.map((h) => {
          const { x, y, right } = at.get(h.ip)!, r = 4 + Math.min(7, Math.sqrt(clients(h).size) * 2);
          return (
            <a key={h.ip} href={find(h.ip)} aria-label={`${called(h)}, ${places(h.services?.length ?? 0)}, asks ${number(asks.get(h.ip) ?? 0)}`}>
              <title>{`${called(h)} ${h.ip}${h.system ? `, ${h.system}` : ""}${h.services ? `: ${h.services.map((s) => `${s.service || s.port} to ${number(s.clients ?? 0)}`).join(", ")}` : ""}`}</title>
              <circle cx={x} cy={y} r={r} class={h.router ? "router" : h.services ? "serves" : ""} />
              {list.length <= named && <text x={right ? x + r + 4 : x - r - 4} y={y + 3} class={right ? "" : "left"}>{called(h).slice(0, 15)}</text>}
            </a>
          );
        })}
      </svg>
      <figcaption>{agent}<span class="dim"> · {number(hosts.length)} {hosts.length === 1 ? "host" : "hosts"}{hosts.length > list.length && `, the ${list.length} that are asked or ask most`}</span></figcaption>
    </figure>
  );
}
