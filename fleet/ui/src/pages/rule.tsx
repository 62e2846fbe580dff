import { useEffect, useRef } from "preact/hooks";
import { get, severities, type RuleText, type Severity, type Stats } from "../api";
import { link, set } from "../route";
import { amount, number } from "../text";
import { Icon, Problem, SeverityMark, useLoad } from "../parts";
import { Bars } from "../parts";
import { Timeline } from "../charts";
import { useKeys } from "../keys";
import { Markdown, Source } from "../source";

const base = "https://github.com/ruleids/ruleids/blob/main/docs/rules/";

// Written is the text of a rule, with what a rule set changes of it.
export function Written({ rule }: { rule: RuleText }) {
  return (
    <>
      {rule.blocks.map((b, i) => <div key={i}>{i > 0 && <p class="dim">and what rule set of the server changes of it:</p>}<Source text={b.text} file={rule.set === 0 && i === 0 ? `stdlib/${b.file}` : b.file} line={b.line} /></div>)}
    </>
  );
}

export function useRule(name: string) {
  return useLoad((s) => get<RuleText>(`/api/v1/rules/${encodeURIComponent(name)}`, {}, s), [name], 1e9);
}

// RuleDrawer is all about one rule: what it finds, what it costs, what is written, and its page.
export function RuleDrawer({ name }: { name: string }) {
  const ref = useRef<HTMLElement>(null);
  const { value: r, fault, again } = useRule(name);
  const day = useLoad((s) => get<Stats>("/api/v1/stats", { q: `rule:"${name.replace(/"/g, "")}"`, since: "24h", step: "15m", top: 5 }, s), [name], 15_000);
  const close = () => set({ name: undefined });
  useKeys([{ key: "Escape", does: "close the rule", run: close }]);
  useEffect(() => { const back = document.activeElement as HTMLElement | null; ref.current?.focus(); return () => back?.focus?.(); }, []);
  return (
    <aside class="drawer broad" ref={ref} tabIndex={-1} aria-label="Rule">
      <button type="button" class="quiet shut" onClick={close} aria-label="Close" title="Escape"><Icon name="close" /></button>
      <header>
        {r && severities.includes(r.severity as Severity) && <SeverityMark of={r.severity as Severity} />}
        <h2>{name}</h2>
        {r && <p>{r.description}</p>}
        {r && <p class="dim">{[r.category, r.set ? `of rule set #${r.set}` : "shipped", r.overridden && "changed by a rule set", r.enabled ? "on" : "off"].filter(Boolean).join(" · ")}</p>}
      </header>
      {fault && <Problem fault={fault} again={again} />}
      <section>
        <h3>Alerts in 24 hours</h3>
        {day.fault && <Problem fault={day.fault} again={day.again} />}
        {day.value && (
          <>
            <p><b>{number(day.value.total)}</b> <a href={link("feed", { q: `rule:${name} since:24h` })}>{day.value.total === 1 ? "alert" : "alerts"}</a>{r && r.agents > 0 && <span class="dim"> · costs {amount(r.cost)} ns for each packet, the mean of {r.agents === 1 ? "one agent" : `${r.agents} agents`}</span>}</p>
            {day.value.total > 0 && <><Timeline stats={day.value} label={`Alerts of ${name}`} height={120} /><div class="halves"><div><h3>Sources</h3><Bars items={day.value.sources} href={(x) => link("feed", { q: `rule:${name} src:${x} since:24h` })} /></div><div><h3>Agents</h3><Bars items={day.value.agents} href={(x) => link("feed", { q: `rule:${name} agent:${x} since:24h` })} /></div></div></>}
          </>
        )}
      </section>
      {r && <section><h3>What is written</h3><Written rule={r} /></section>}
      {r?.page && <section><Markdown text={r.page} base={base} /></section>}
    </aside>
  );
}
