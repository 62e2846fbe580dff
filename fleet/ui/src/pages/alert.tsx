import { useEffect, useRef, useState } from "preact/hooks";
import { ask, download, get, type Alert, type AlertPageOf, type Owner } from "../api";
import { may } from "../live";
import { link, set } from "../route";
import { amount, dateTime, end, keyText, number, quote, said, span } from "../text";
import { complain, confirm, Icon, Problem, say, SeverityMark, Time, useLoad } from "../parts";
import { useKeys } from "../keys";
import { propose } from "./exception";
import { useRule, Written } from "./rule";

const display = (a: Alert): string => {
  const parts: string[] = [];
  const v6 = a.src_ip?.includes(":") ? "ipv6" : "ip";
  if (a.src_ip) parts.push(`${v6}.addr == ${a.src_ip}`);
  if (a.dest_ip) parts.push(`${v6}.addr == ${a.dest_ip}`);
  const proto = a.proto?.toLowerCase();
  if ((proto === "tcp" || proto === "udp") && a.dest_port !== undefined) parts.push(`${proto}.port == ${a.dest_port}`);
  return parts.join(" && ");
};

// Whose says whose host an address is.
function Whose({ of: h }: { of?: Owner }) {
  return h ? <div class="whose">{h.name && <b>{h.name}</b>} <span class="dim">{[h.vendor, h.system, h.mac].filter(Boolean).join(" · ")}</span></div> : null;
}

// block asks for how long, and has all agents keep an address out.
export function block(target: string, reason: string): void {
  confirm({
    title: `Block ${target}`, act: "Block at all agents",
    text: <p>Every agent keeps <code>{target}</code> out. An agent that must not (because it is its gateway, say) refuses, and the page on decisions says so.</p>,
    fields: [
      { name: "for", label: "For", value: "1h", options: ["10m|10 minutes", "1h|an hour", "24h|a day", "7d|a week", "|until someone releases it"] },
      { name: "reason", label: "Why", value: reason, required: true },
    ],
    run: async (v) => {
      await ask("POST", "/api/v1/decisions", { target, ...(v.for ? { for: v.for } : {}), reason: v.reason });
      say(`${target} is kept out at all agents.`);
    },
  });
}

export function AlertDrawer({ id }: { id: string }) {
  const ref = useRef<HTMLElement>(null);
  const { value: a, fault, again } = useLoad((s) => get<Alert>(`/api/v1/alerts/${id}`, {}, s), [id], 1e9);
  const close = () => set({ alert: undefined });
  useKeys([{ key: "Escape", does: "close the alert", run: close }]);
  useEffect(() => { const back = document.activeElement as HTMLElement | null; ref.current?.focus(); return () => back?.focus?.(); }, []);
  return (
    <aside class="drawer" ref={ref} tabIndex={-1} aria-label="Alert">
      <button type="button" class="quiet shut" onClick={close} aria-label="Close" title="Escape"><Icon name="close" /></button>
      {fault && <Problem fault={fault} again={again} />}
      {a && <Details a={a} />}
    </aside>
  );
}

function Details({ a }: { a: Alert }) {
  const r = a.ruleids;
  const others = useLoad((s) => get<AlertPageOf>("/api/v1/alerts", { q: `ip:${a.src_ip} since:7d`, limit: 8 }, s), [a.id], 1e9);
  const values = Object.entries(r.values);
  const filter = r.filter ?? display(a);
  return (
    <>
      <header>
        <SeverityMark of={r.severity} />
        <h2>{r.rule}</h2>
        <p>{said(a)}</p>
        <p class="dim"><Time at={a.timestamp} relative /> · {dateTime(a.timestamp)} · {a.agent}{r.mode === "shadow" && " · shadow mode: nothing was done"}</p>
      </header>
      {may.value.act && a.src_ip && (
        <div class="actions">
          <button type="button" class="primary" onClick={() => block(a.src_ip!, `${r.rule}: ${said(a)}`)}>Block {a.src_ip}</button>
          <button type="button" onClick={() => propose(a)}>Except…</button>
          <button type="button" onClick={() => propose(a, "7")}>Mute…</button>
        </div>
      )}
      {values.length > 0 && (
        <section>
          <h3>Values</h3>
          {values.map(([name, v]) => {
            const n = typeof v === "number" ? v : NaN, t = r.threshold;
            const most = Math.max(n, t ?? 0) || 1;
            return (
              <div class="gauge" key={name}>
                <span>{name}</span><b class="num">{typeof v === "number" ? number(v) : v}</b>
                {!Number.isNaN(n) && t !== undefined && values.length <= 3 && <span class="scale"><i style={{ width: `${(100 * n) / most}%` }} /><em style={{ left: `${(100 * t) / most}%` }} title={`threshold ${t}`} /></span>}
              </div>
            );
          })}
          {r.threshold !== undefined && <p class="dim">threshold {number(r.threshold)}{r.suppressed ? `; ${number(r.suppressed)} more in the cooldown before` : ""}</p>}
        </section>
      )}
      {r.model && (
        <section>
          <h3>What was odd</h3>
          <p>{r.model.odd}</p>
          <table class="list features">
            <thead><tr><th>feature</th><th>value</th><th>usually</th><th>bits</th></tr></thead>
            <tbody>{[...r.model.features].sort((a, b) => b.bits - a.bits).map((f) => (
              <tr key={f.name} class={f.name === r.model!.top ? "strong" : ""}><td>{f.name}</td><td class="num">{f.value === null ? "none" : amount(f.value)}</td><td class="num">{f.usual ? `${amount(f.usual[0])} – ${amount(f.usual[1])}` : "no value"}</td><td class="num">{f.bits.toFixed(1)}</td></tr>
            ))}</tbody>
          </table>
          <p class="dim small">By <a href={link("models")}>{r.model.name}</a>: {(100 * r.model.score).toFixed(2)} % of what it learned was less odd. Ten bits are one in a thousand.</p>
        </section>
      )}
      <section>
        <h3>Flow</h3>
        <dl>
          {a.src_ip && <><dt>source</dt><dd><a class="num" href={link("feed", { q: `ip:${a.src_ip}` })}>{end(a.src_ip, a.src_port)}</a><Whose of={r.assets?.src} /></dd></>}
          {a.dest_ip && <><dt>destination</dt><dd><a class="num" href={link("feed", { q: `ip:${a.dest_ip}` })}>{end(a.dest_ip, a.dest_port)}</a><Whose of={r.assets?.dst} /></dd></>}
          {a.proto && <><dt>protocol</dt><dd>{a.proto}</dd></>}
          <dt>key</dt><dd class="num">{keyText(r.key)}</dd>
          {a.community_id && <><dt>Community ID</dt><dd class="num wrap">{a.community_id}</dd></>}
          {filter && <><dt>Wireshark</dt><dd class="copied"><code class="wrap">{filter}</code><button type="button" class="quiet" onClick={() => navigator.clipboard.writeText(filter).then(() => say("The filter is on the clipboard."), complain)}>Copy</button></dd></>}
        </dl>
        {!r.evidence && <p class="dim small evidence">No packets were kept: the agent keeps them where its settings say so.</p>}
        {r.evidence && may.value.act && <p class="evidence"><button type="button" onClick={() => download(`/api/v1/alerts/${a.id}/evidence`, `${a.id}.pcapng`).then(() => say("The packets are in the downloads."), complain)}><Icon name="down" size={15} />The packets (pcapng)</button></p>}
      </section>
      <section>
        <h3>Rule</h3>
        <dl>
          <dt>fires when</dt><dd>{a.alert.signature}</dd>
          <dt>category</dt><dd><a href={link("feed", { q: `category:${quote(a.alert.category)}` })}>{a.alert.category || "none"}</a></dd>
          {r.attack.length > 0 && <><dt>ATT&CK</dt><dd>{r.attack.map((t) => <a key={t} class="tag" target="_blank" rel="noreferrer" href={`https://attack.mitre.org/techniques/${t.replace(".", "/")}/`}>{t}</a>)}</dd></>}
          <dt>page</dt><dd><a href={link("rules", { name: r.rule })}>what it means, false positives, tuning</a></dd>
        </dl>
        <Text rule={r.rule} />
      </section>
      {(r.responses?.length || r.decision || r.reputation) && (
        <section>
          <h3>What was done</h3>
          <ul class="plainlist">
            {r.responses?.map((x, i) => <li key={i}>{x.action}{x.target ? ` ${x.target}` : ""}{x.seconds ? ` for ${span(x.seconds)}` : ""}{r.mode === "shadow" ? " (shadow: not done)" : ""}</li>)}
            {r.decision?.outcome && <li>decision: {r.decision.outcome}{r.decision.detail ? `, ${r.decision.detail}` : ""}</li>}
            {r.reputation && <li>{r.reputation.source} says {r.reputation.tier} of {r.reputation.indicator}{r.reputation.engines ? `: ${r.reputation.malicious} of ${r.reputation.engines} engines` : ""}</li>}
          </ul>
        </section>
      )}
      {a.src_ip && (
        <section>
          <h3>Others of {a.src_ip}, 7 days</h3>
          {others.fault && <Problem fault={others.fault} again={others.again} />}
          <ul class="plainlist">
            {others.value?.alerts.filter((o) => o.id !== a.id).map((o) => (
              <li key={o.id}><a href={link(location.pathname.slice(1) || "overview", { ...Object.fromEntries(new URLSearchParams(location.search)), alert: o.id })}><SeverityMark of={o.ruleids.severity} bare /> {o.ruleids.rule} <span class="dim"><Time at={o.timestamp} relative /> · {o.agent}</span></a></li>
            ))}
            {others.value && others.value.alerts.length < 2 && <li class="dim">none</li>}
          </ul>
        </section>
      )}
      <details><summary>JSON</summary><pre>{JSON.stringify(a, null, 2)}</pre></details>
    </>
  );
}

// Text is what is written of a rule, asked for when somebody wants to see it.
function Text({ rule }: { rule: string }) {
  const [open, show] = useState(false);
  return <details onToggle={(e) => show(e.currentTarget.open)}><summary>What is written</summary>{open && <Loaded rule={rule} />}</details>;
}

function Loaded({ rule }: { rule: string }) {
  const { value, fault, again } = useRule(rule);
  return <>{fault && <Problem fault={fault} again={again} />}{value && <Written rule={value} />}</>;
}
