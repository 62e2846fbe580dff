import { ask, get, type Decision } from "../api";
import { agents, may } from "../live";
import { link } from "../route";
import { number } from "../text";
import { confirm, Empty, Problem, say, Time, useLoad } from "../parts";
import { Loading } from "./overview";

export function Decisions() {
  const { value, fault, again } = useLoad((s) => get<{ decisions: Decision[] }>("/api/v1/decisions", {}, s), [], 3000);
  const add = () => confirm({
    title: "Keep an address out", act: "Block at all agents", text: <p>An address or a prefix. Each agent passes it through its own protections, and says what it refuses.</p>,
    fields: [{ name: "target", label: "Address or prefix", required: true }, { name: "for", label: "For", value: "1h", options: ["10m|10 minutes", "1h|an hour", "24h|a day", "7d|a week", "|until someone releases it"] },
      { name: "label", label: "Only at agents with the label", hint: "name=value; empty for all" }, { name: "reason", label: "Why", required: true }],
    run: async (v) => {
      await ask("POST", "/api/v1/decisions", { target: v.target.trim(), reason: v.reason, ...(v.for ? { for: v.for } : {}), ...(v.label ? { label: v.label } : {}) });
      say(`${v.target} is kept out.`);
      again();
    },
  });
  const release = (d: Decision) => confirm({
    title: `Release ${d.target}`, act: "Release", text: <p>All agents let <code>{d.target}</code> in again, at once. What one of them blocks by its own rules stays until its time is over.</p>,
    run: async () => { await ask("DELETE", `/api/v1/decisions/${d.target.split("/").map(encodeURIComponent).join("/")}`); say(`${d.target} is released.`); again(); },
  });
  const list = value?.decisions ?? [];
  return (
    <div class="page">
      <div class="bar"><h1>Decisions</h1><span class="dim">{value ? `${number(list.length)} hold` : ""}</span><span class="grow" />{may.value.act && <button type="button" class="primary" onClick={add}>Block…</button>}</div>
      {fault && <Problem fault={fault} again={again} />}
      {!value ? !fault && <Loading /> : list.length === 0 ? <Empty title="Nobody is kept out for all">A block from an alert, or of a rule that shares it, appears here with its reason and its end.</Empty> : (
        <div class="scroll">
          <table class="list stack">
            <thead><tr><th>target</th><th>since</th><th>until</th><th>why</th><th>by</th><th>where</th><th><span class="hidden">what to do</span></th></tr></thead>
            <tbody>
              {list.map((d) => {
                const refused = Object.entries(d.refused ?? {});
                const there = agents.value.length - refused.length;
                return (
                  <tr key={d.target}>
                    <td><a class="num strong" href={link("feed", { q: `ip:${d.target}` })}>{d.target}</a></td>
                    <td class="end"><Time at={d.since} relative /></td>
                    <td class="over" data-label="until">{d.until && !d.until.startsWith("0001") ? <Time at={d.until} /> : "released by hand"}</td>
                    <td class="over">{d.reason}{d.rule && <span class="dim"> · {d.rule}</span>}</td>
                    <td data-label="by">{d.by}<span class="dim"> · {d.source}</span></td>
                    <td class="end">{d.label ? <span class="tag">{d.label}</span> : <span class="dim">{there} agents</span>}{refused.length > 0 && <ul class="trouble">{refused.map(([a, why]) => <li key={a}>{agents.value.find((x) => x.id === a)?.name ?? a} refuses: {why}</li>)}</ul>}</td>
                    <td class="right">{may.value.act && <button type="button" onClick={() => release(d)}>Release</button>}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
