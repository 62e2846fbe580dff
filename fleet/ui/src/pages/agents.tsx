import { useState } from "preact/hooks";
import { ask, type Agent } from "../api";
import { agents, beats, may } from "../live";
import { link, params, set } from "../route";
import { bytes, compact, number, span } from "../text";
import { complain, confirm, Dialog, Empty, Icon, say, Time } from "../parts";
import { Spark } from "../charts";

export function AgentsPage() {
  const [line, show] = useState<string>();
  const q = params.value.get("q") ?? "", words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const list = agents.value, shown = list.filter((a) => words.every((w) => `${a.name} ${a.address} ${a.state} ${Object.entries(a.labels).map(([k, v]) => `${k}=${v}`).join(" ")}${a.trouble.length > 0 ? " trouble" : ""}`.toLowerCase().includes(w)));
  const common = [...new Map(list.filter((a) => a.beat?.digest).map((a) => [a.beat!.digest, list.filter((b) => b.beat?.digest === a.beat!.digest).length]))].sort((a, b) => b[1] - a[1])[0]?.[0];
  const invite = () => confirm({
    title: "Add an agent", act: "Make the line",
    text: <p>Run the line that this makes as root on the new host, where ruleids is installed. It works once, for an hour.</p>,
    fields: [{ name: "labels", label: "Labels", hint: "name=value, with spaces between: site=berlin role=edge" }],
    run: async (v) => {
      const labels = Object.fromEntries(v.labels.split(/[\s,]+/).filter(Boolean).map((l) => l.split("=", 2)).map(([k, x]) => [k, x ?? ""]));
      const t = await ask<{ token: string; ca: string }>("POST", "/api/v1/tokens", { for: "1h", uses: 1, labels });
      show(`ruleids join ${location.hostname}:${location.port || 443} --token ${t.token} --ca ${t.ca}`);
    },
  });
  return (
    <div class="page">
      <div class="bar"><h1>Agents</h1><span class="dim">{list.filter((a) => a.online).length} of {list.length} online</span>
        <form class="grow" onSubmit={(e) => { e.preventDefault(); set({ q: String(new FormData(e.currentTarget).get("q")).trim() }); }}><input type="search" name="q" key={q} defaultValue={q} aria-label="Narrow the agents" placeholder="Narrow: a name, a label, offline, trouble" spellcheck={false} /></form>
        {may.value.admin && <button type="button" class="primary" onClick={invite}>Add an agent</button>}</div>
      {list.length === 0 ? <Empty title="No agent yet">{may.value.admin ? "Add one: it takes a minute." : "An administrator can add one."}</Empty>
        : shown.length === 0 ? <Empty title="No agent">Take words away.</Empty> : <ul class="cards">{shown.map((a) => <Card key={a.id} a={a} common={common} />)}</ul>}
      {line && (
        <Dialog title="Run this on the new host" close={() => show(undefined)} wide>
          <pre class="wrap">{line}</pre>
          <p class="dim">It is shown this once, works once, and is worthless after an hour.</p>
          <footer><button type="button" class="primary" onClick={() => navigator.clipboard.writeText(line).then(() => say("Copied."), complain)}>Copy</button></footer>
        </Dialog>
      )}
    </div>
  );
}

function Card({ a, common }: { a: Agent; common?: string }) {
  const b = a.beat, past = beats.value[a.id] ?? [];
  const outdated = b && common && b.digest !== common;
  const tone = !a.online ? "off" : a.trouble.length > 0 || (b && b.loss > 0) ? "warn" : "good";
  const dropped = Object.entries(b?.queue.dropped ?? {}).filter(([, n]) => n > 0);
  return (
    <li class={`card agent ${tone}`}>
      <header>
        <i class="dot" aria-hidden="true" /><h2><a href={link("feed", { q: `agent:${a.name}` })}>{a.name}</a></h2><span class={`pill ${tone}`}>{a.state}</span>
        {may.value.admin && (
          <button type="button" class="quiet" title="Revoke" aria-label={`Revoke ${a.name}`} onClick={() => confirm({
            title: `Revoke ${a.name}`, act: "Revoke for good", text: <p>It is cut off at once, and its certificate is worthless for good. To come back it has to join again. Its alerts stay.</p>,
            run: async () => { await ask("DELETE", `/api/v1/agents/${encodeURIComponent(a.id)}`); say(`${a.name} is revoked.`); agents.value = agents.value.filter((x) => x.id !== a.id); },
          })}><Icon name="close" size={15} /></button>
        )}
      </header>
      <p class="labels">{Object.entries(a.labels).map(([k, v]) => <span key={k} class="tag">{k}={v}</span>)}{b && <span class="tag">{b.mode}</span>}{b?.queue.failed && <span class="tag warn">queue</span>}</p>
      <div class="sparks">
        <div><Spark values={past.map((p) => p.rate)} label={`packets per second of ${a.name}`} /><span><b>{b ? compact(b.rate) : "–"}</b> packets/s</span></div>
        <div class={b && b.loss > 0 ? "bad" : ""}><Spark values={past.map((p) => p.loss)} least={0.001} label={`packet loss of ${a.name}`} /><span><b>{b ? `${(100 * b.loss).toFixed(b.loss > 0 ? 2 : 0)} %` : "–"}</b> lost</span></div>
      </div>
      <dl>
        <dt>address</dt><dd class="num">{a.address || "unknown"}</dd>
        <dt>version</dt><dd>{b ? `${b.version}${b.system ? `, ${b.system}` : ""}` : "unknown"}</dd>
        <dt>rules</dt><dd>{b ? `${b.rules}, ${b.digest.replace("sha256:", "").slice(0, 8) || "no digest"}` : "unknown"}{outdated && <span class="caution"> other than most</span>}</dd>
        <dt>alerts</dt><dd>{b ? `${number(b.alerts)}${b.queue.alerts > 0 ? `, ${number(b.queue.alerts)} waiting (${bytes(b.queue.bytes)})` : ""}` : "unknown"}</dd>
        <dt>blocked</dt><dd>{b ? `${number(b.blocked)}${b.shared.refused?.length ? `, ${b.shared.refused.length} refused` : ""}` : "unknown"}</dd>
        <dt>processor</dt><dd>{b ? `${Math.round(100 * b.cpu)} %` : "unknown"}</dd>
        <dt>first seen</dt><dd><Time at={a.joined} /></dd>
        <dt>last seen</dt><dd><Time at={a.seen} relative />{Math.abs(a.skew_seconds) > 2 && <span class="caution"> clock {a.skew_seconds > 0 ? "ahead" : "behind"} {span(Math.abs(a.skew_seconds))}</span>}</dd>
      </dl>
      {(a.trouble.length > 0 || dropped.length > 0) && <ul class="trouble">{a.trouble.map((t) => <li key={t}>{t}</li>)}{dropped.map(([s, n]) => <li key={s}>{number(n)} alerts of severity {s} were dropped by a full queue</li>)}</ul>}
    </li>
  );
}
