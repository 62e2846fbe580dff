// Charts. Their colours are those of the page, and they are drawn again when it turns light or dark.
import uPlot from "uplot";
import { useEffect, useRef } from "preact/hooks";
import { severities, type Severity, type Slot, type Stats } from "./api";
import { number, percent, utc } from "./text";

const zoned = (seconds: number) => (utc.value ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000));

// Times are written in 24 hours, with the day where one begins or the span is longer than two.
const days: uPlot.Axis.DynamicValues = (_u, splits) => splits.map((s, i) => {
  const d = zoned(s), long = splits.length > 1 && splits[1] - splits[0] >= 43_200;
  const day = `${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`, time = `${String(d.getHours()).padStart(2, "0")}:${String(d.getMinutes()).padStart(2, "0")}`;
  return long ? day : i > 0 && d.getHours() === 0 && d.getMinutes() === 0 ? day : time;
});

// Alerts are counted in whole numbers.
const whole = Array.from({ length: 10 }, (_, e) => [1, 2, 5].map((n) => n * 10 ** e)).flat();

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");

// Timeline shows alerts by time, the severities on top of each other, the worst at the bottom.
// names call them something else.
// Without a height it fills what it is in.
export function Timeline({ stats, height, label, names = {} }: { stats: Pick<Stats, "timeline" | "step_seconds" | "total">; height?: number; label: string; names?: Partial<Record<Severity, string>> }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = ref.current!;
    let chart: uPlot | undefined;
    const high = () => height ?? Math.max(160, el.clientHeight);
    const draw = () => {
      chart?.destroy();
      const slots: Slot[] = stats.timeline;
      const stacked: number[][] = [];
      const sum = slots.map(() => 0);
      for (const s of severities) stacked.push(slots.map((t, i) => (sum[i] += t[s])));
      const bars = uPlot.paths.bars!({ size: [0.82, 60], gap: 0 });
      const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
      chart = new uPlot({
        width: el.clientWidth, height: high(), tzDate: zoned,
        legend: { show: false }, cursor: { y: false, points: { show: false } }, padding: [10, 8, 0, 0],
        scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.1)] } },
        axes: [{ ...axis, size: 26, gap: 8, grid: { show: false }, values: days }, { ...axis, size: 46, incrs: whole, values: (_u, v) => v.map(number) }],
        series: [{}, ...severities.map((s) => ({ label: s, fill: colour(`--${s}`), stroke: colour(`--${s}`), width: 0, paths: bars, points: { show: false } })).reverse()],
        hooks: { setCursor: [(u) => tip(u, slots)] },
      }, [slots.map((t) => new Date(t.time).getTime() / 1000 + stats.step_seconds / 2), ...stacked.reverse()] as uPlot.AlignedData, el);
    };
    const text = document.createElement("div");
    text.className = "tip";
    const tip = (u: uPlot, slots: Slot[]) => {
      const i = u.cursor.idx;
      if (i == null || !slots[i] || u.cursor.left! < 0) { text.remove(); return; }
      const t = slots[i], d = new Date(t.time);
      text.textContent = `${utc.value ? d.toISOString().slice(0, 16).replace("T", " ") : d.toLocaleString("en-GB", { dateStyle: "short", timeStyle: "short" })} · ${severities.filter((s) => t[s] > 0).map((s) => `${t[s]} ${names[s] ?? s}`).join(", ") || "none"}`;
      u.over.append(text);
      text.style.left = `${Math.min(Math.max(0, u.cursor.left! - text.offsetWidth / 2), u.over.clientWidth - text.offsetWidth)}px`;
    };
    draw();
    const size = new ResizeObserver(() => { if (chart && (Math.abs(chart.width - el.clientWidth) > 1 || Math.abs(chart.height - high()) > 1)) chart.setSize({ width: el.clientWidth, height: high() }); });
    size.observe(el);
    dark.addEventListener("change", draw);
    return () => { size.disconnect(); dark.removeEventListener("change", draw); chart?.destroy(); };
  }, [stats, height, utc.value]);
  return (
    <figure class={height ? "chart" : "chart fills"} aria-label={`${label}: ${number(stats.total)} in all`} role="img">
      <div ref={ref} style={height ? { minHeight: `${height}px` } : undefined} />
    </figure>
  );
}

// Donut shows shares of a whole.
export function Donut({ parts, label }: { parts: { name: string; count: number; colour: string }[]; label: string }) {
  const total = parts.reduce((n, p) => n + p.count, 0);
  const r = 52, around = 2 * Math.PI * r;
  let at = 0;
  return (
    <div class="donut">
      <svg viewBox="0 0 140 140" role="img" aria-label={`${label}: ${parts.map((p) => `${p.count} ${p.name}`).join(", ")}`}>
        <circle cx="70" cy="70" r={r} class="track" />
        {total > 0 && parts.map((p) => {
          const share = p.count / total, from = at;
          at += share;
          return share > 0 && <circle key={p.name} cx="70" cy="70" r={r} class="arc" stroke={`var(${p.colour})`} stroke-dasharray={`${Math.max(0, share * around - 1.5)} ${around}`} stroke-dashoffset={-from * around} transform="rotate(-90 70 70)" />;
        })}
        <text x="70" y="69" class="total">{total < 100_000 ? number(total) : `${Math.round(total / 1000)}k`}</text>
        <text x="70" y="86" class="unit">alerts</text>
      </svg>
      <ul>{parts.map((p) => <li key={p.name}><i style={{ background: `var(${p.colour})` }} />{p.name}<b>{number(p.count)}</b><span>{percent(total > 0 ? p.count / total : 0)}</span></li>)}</ul>
    </div>
  );
}

// Spark is a line of the last values, without axes.
// least is what the top of it stands for at least.
export function Spark({ values, label, height = 32, least = 1e-9 }: { values: number[]; label: string; height?: number; least?: number }) {
  const w = 160, most = Math.max(least, ...values);
  const at = (v: number, i: number) => `${((i * w) / Math.max(1, values.length - 1)).toFixed(1)},${(height - 2 - (v / most) * (height - 4)).toFixed(1)}`;
  if (values.length < 2) return <div class="spark dim" style={{ height: `${height}px` }} />;
  return (
    <svg class="spark" viewBox={`0 0 ${w} ${height}`} preserveAspectRatio="none" height={height} role="img" aria-label={label}>
      <polygon points={`0,${height} ${values.map(at).join(" ")} ${w},${height}`} />
      <polyline points={values.map(at).join(" ")} />
    </svg>
  );
}

export const levels = ["NORMAL", "ELEVATED", "MODERATE", "HIGH", "CRITICAL"] as const;
export type Level = (typeof levels)[number];

// threat is the level of the last hour: each alert weighs 40, 10, 2 or 0.2 by its severity, and half of that for each 15
// minutes of its age. From 5, 20, 60 and 150 on the level is one higher; a critical alert of the last 15 minutes makes it at
// least HIGH. docs/dashboard.md says the same.
export function threat(stats: Stats): { level: Level; score: number } {
  const until = new Date(stats.until).getTime();
  let score = 0, recent = false;
  for (const t of stats.timeline) {
    const age = Math.max(0, (until - new Date(t.time).getTime()) / 60_000);
    if (age > 60) continue;
    score += (40 * t.critical + 10 * t.high + 2 * t.medium + 0.2 * t.low) * 0.5 ** (age / 15);
    recent ||= t.critical > 0 && age <= 15;
  }
  let n = [5, 20, 60, 150].filter((b) => score >= b).length;
  if (recent) n = Math.max(n, 3);
  return { level: levels[n], score };
}

// Ring shows the level: how far it is filled, its colour, and the word.
export function Ring({ level }: { level: Level }) {
  const n = levels.indexOf(level), r = 84, around = 2 * Math.PI * r;
  return (
    <div class={`ring level${n}`}>
      <svg viewBox="0 0 200 200" aria-hidden="true">
        <circle cx="100" cy="100" r={r} class="track" stroke-dasharray={`${around * 0.75} ${around}`} transform="rotate(135 100 100)" />
        <circle cx="100" cy="100" r={r} class="fill" stroke-dasharray={`${around * 0.75 * ((n + 1) / 5)} ${around}`} transform="rotate(135 100 100)" />
      </svg>
      <div class="word" role="status" aria-label={`Threat level ${level}`}>
        <strong>{level}</strong>
        <span>threat level</span>
      </div>
    </div>
  );
}
