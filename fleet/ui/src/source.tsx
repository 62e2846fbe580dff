// Rule files and pages about rules, as they are read. All of it becomes text of the page, never markup.
import type { ComponentChildren, JSX } from "preact";

const tokens = /(#.*|\/\/.*)|("(?:[^"\\]|\\.)*"?)|\b(rule|override|except|list|macro|variable|window|sequence|step|model|block|quarantine|notify|escalate|settings|when|where|by|threshold|cooldown)\b(?=\s*(?:"[^"]*"\s*)?[={])|\b(true|false|null|\d+(?:\.\d+)?)\b/g;
const kinds = ["comment", "string", "word", "value"];

// Code shows a line of a rule file with its parts told apart.
export function Code({ line }: { line: string }) {
  const out: ComponentChildren[] = [];
  let at = 0;
  for (const m of line.matchAll(tokens)) {
    if (m.index > at) out.push(line.slice(at, m.index));
    const kind = kinds[m.slice(1).findIndex((x) => x !== undefined)];
    out.push(<span key={m.index} class={`of-${kind}`}>{m[0]}</span>);
    at = m.index + m[0].length;
  }
  out.push(line.slice(at));
  return <>{out}</>;
}

// Source shows a part of a file, with the numbers of its lines.
export function Source({ text, file, line = 1 }: { text: string; file: string; line?: number }) {
  return (
    <figure class="source">
      <figcaption>{file}{line > 1 && <span class="dim">, from line {line}</span>}</figcaption>
      <pre tabIndex={0}>{text.split("\n").map((l, i) => <div key={i}><i aria-hidden="true">{line + i}</i><Code line={l} />{"\n"}</div>)}</pre>
    </figure>
  );
}

// inline reads `code`, **strong**, [links](to) and <addresses>. Links within the documentation go where it is published.
function inline(text: string, base: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let at = 0;
  for (const m of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g)) {
    if (m.index > at) out.push(text.slice(at, m.index));
    if (m[1]) out.push(<code key={m.index}>{m[1]}</code>);
    else if (m[2]) out.push(<strong key={m.index}>{m[2]}</strong>);
    else {
      const local = m[4] && /^([a-z0-9_]+)\.md$/.exec(m[4]);
      const to = m[5] ?? m[4];
      if (local) out.push(<a key={m.index} href={`/rules?name=${local[1]}`}>{m[3]}</a>);
      else if (/^https?:/.test(to)) out.push(<a key={m.index} href={to} target="_blank" rel="noreferrer">{m[3] ?? to}</a>);
      else if (/^[\w./#-]+$/.test(to)) out.push(<a key={m.index} href={new URL(to, base).href} target="_blank" rel="noreferrer">{m[3]}</a>);
      else out.push(m[0]);
    }
    at = m.index + m[0].length;
  }
  out.push(text.slice(at));
  return out;
}

const cells = (row: string) => row.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((c) => c.trim());

// Markdown shows what pages about rules use of it: headings, paragraphs, lists, tables and code. The heading of the page is left out.
export function Markdown({ text, base }: { text: string; base: string }) {
  const lines = text.split("\n"), out: JSX.Element[] = [];
  for (let i = 0; i < lines.length;) {
    const from = i, l = lines[i];
    const fence = /^```\s*(\w*)/.exec(l), head = /^(#+) (.*)/.exec(l);
    if (!l.trim()) { i++; continue; }
    if (fence) {
      for (i++; i < lines.length && !lines[i].startsWith("```");) i++;
      const code = lines.slice(from + 1, i++);
      out.push(<pre key={from} tabIndex={0}>{fence[1] === "hcl" ? code.map((c, n) => <div key={n}><Code line={c} />{"\n"}</div>) : code.join("\n")}</pre>);
    } else if (head) {
      if (head[1].length > 1) out.push(<h3 key={from}>{inline(head[2], base)}</h3>);
      i++;
    } else if (l.startsWith("|")) {
      while (i < lines.length && lines[i].startsWith("|")) i++;
      const rows = lines.slice(from, i).filter((r) => !/^\|[\s|:-]+$/.test(r)).map(cells);
      out.push(<div class="scroll" key={from} tabIndex={0} role="region" aria-label={rows[0].join(", ")}><table class="list"><thead><tr>{rows[0].map((c, n) => <th key={n}>{inline(c, base)}</th>)}</tr></thead><tbody>{rows.slice(1).map((r, n) => <tr key={n}>{r.map((c, k) => <td key={k}>{inline(c, base)}</td>)}</tr>)}</tbody></table></div>);
    } else if (/^([-*]|\d+\.)(\s|$)/.test(l)) {
      const items: string[] = [];
      for (; i < lines.length && lines[i].trim(); i++) {
        const m = /^([-*]|\d+\.)\s*(.*)/.exec(lines[i]);
        if (m) items.push(m[2]); else items[items.length - 1] += ` ${lines[i].trim()}`;
      }
      out.push(<ul key={from} class="dots">{items.map((x, n) => <li key={n}>{inline(x, base)}</li>)}</ul>);
    } else {
      while (i < lines.length && lines[i].trim() && !/^(```|#+ |\|)/.test(lines[i])) i++;
      out.push(<p key={from}>{inline(lines.slice(from, i).join(" "), base)}</p>);
    }
  }
  return <div class="markdown">{out}</div>;
}
