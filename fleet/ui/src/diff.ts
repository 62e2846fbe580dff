// What changed between two texts, by lines.
export interface Line { kind: "same" | "gone" | "new"; before?: number; after?: number; text: string }

// most bounds the work: lines of one text times lines of the other, between what both begin and end with.
const most = 4_000_000;

// diff returns all lines of both texts: those that both have in order, and those of one alone, the old ones first. It is the longest
// common subsequence, after what both begin and end with is set aside.
export function diff(before: string, after: string): Line[] {
  const a = before === "" ? [] : before.replace(/\n$/, "").split("\n"), b = after === "" ? [] : after.replace(/\n$/, "").split("\n");
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const n = a.length - head - tail, m = b.length - head - tail;
  const out: Line[] = [];
  const same = (i: number, j: number) => out.push({ kind: "same", before: i + 1, after: j + 1, text: a[i] });
  for (let i = 0; i < head; i++) same(i, i);
  const long = n * m <= most ? new Uint32Array((n + 1) * (m + 1)) : undefined;
  if (long) for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) long[i * (m + 1) + j] = a[head + i] === b[head + j] ? long[(i + 1) * (m + 1) + j + 1] + 1 : Math.max(long[(i + 1) * (m + 1) + j], long[i * (m + 1) + j + 1]);
  let i = 0, j = 0;
  while (i < n || j < m) {
    if (long && i < n && j < m && a[head + i] === b[head + j]) { same(head + i++, head + j++); continue; }
    if (i < n && (j === m || !long || long[(i + 1) * (m + 1) + j] >= long[i * (m + 1) + j + 1])) { out.push({ kind: "gone", before: head + i + 1, text: a[head + i] }); i++; continue; }
    out.push({ kind: "new", after: head + j + 1, text: b[head + j] });
    j++;
  }
  for (let k = 0; k < tail; k++) same(a.length - tail + k, b.length - tail + k);
  return out;
}

// around keeps lines that changed and some beside them; in the place of others is how many they are.
export function around(lines: Line[], beside = 3): (Line | number)[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((l, i) => { if (l.kind !== "same") near.fill(1, Math.max(0, i - beside), i + beside + 1); });
  const out: (Line | number)[] = [];
  lines.forEach((l, i) => {
    const last = out[out.length - 1];
    if (near[i]) out.push(l);
    else if (typeof last === "number") out[out.length - 1] = last + 1;
    else out.push(1);
  });
  return out;
}

// pairs puts lines that went beside those that came in their place.
export function pairs(lines: (Line | number)[]): (number | [Line | undefined, Line | undefined])[] {
  const out: (number | [Line | undefined, Line | undefined])[] = [];
  let at = 0; // of the first line that came and may stand beside one that went
  for (const l of lines) {
    if (typeof l === "number") { out.push(l); at = out.length; } else if (l.kind === "same") { out.push([l, l]); at = out.length; } else if (l.kind === "gone") out.push([l, undefined]);
    else {
      while (at < out.length && (typeof out[at] === "number" || (out[at] as [Line?, Line?])[1])) at++;
      if (at < out.length) out[at] = [(out[at] as [Line?, Line?])[0], l]; else out.push([undefined, l]);
      at++;
    }
  }
  return out;
}
