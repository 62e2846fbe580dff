import { useEffect, useState } from "preact/hooks";
import { get, type AuditLine } from "../api";
import { complain, Empty, Problem, Time, useLoad } from "../parts";
import { Loading } from "./overview";

interface Page { audit: AuditLine[]; next: string | number | null }

export function AuditPage() {
  const first = useLoad((s) => get<Page>("/api/v1/audit", { limit: 100 }, s), [], 20_000);
  const [more, add] = useState<AuditLine[]>([]);
  const [next, page] = useState<Page["next"]>(null);
  useEffect(() => { add([]); page(first.value?.next ?? null); }, [first.value]);
  const list = [...(first.value?.audit ?? []), ...more];
  return (
    <div class="page">
      <div class="bar"><h1>Audit log</h1></div>
      {first.fault && <Problem fault={first.fault} again={first.again} />}
      {!first.value ? !first.fault && <Loading /> : list.length === 0 ? <Empty title="Nothing was changed yet" /> : (
        <div class="scroll"><table class="list stack"><thead><tr><th>time</th><th>who</th><th>did</th><th>to</th><th>how</th></tr></thead>
          <tbody>{list.map((l) => <tr key={l.id}><td class="num"><Time at={l.time} /></td><td>{l.who}</td><td>{l.action}</td><td class="num">{l.target}</td><td class="dim over">{l.detail}</td></tr>)}</tbody></table></div>
      )}
      {next !== null && next !== undefined && <p class="foot"><button type="button" onClick={() => get<Page>("/api/v1/audit", { limit: 100, before: String(next) }).then((p) => { add((b) => [...b, ...p.audit]); page(p.next); }, complain)}>Older</button></p>}
    </div>
  );
}
