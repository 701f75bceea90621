// <cl-chart>: the magnifying glass over a chart that the server drew. It wraps the SVG, which
// stays on the page until there is something better, and comes back when there is not.
import uPlot from "uplot";
import { instant, language, number, type Language } from "../format";
import { fetchBuckets, withGaps, type Columns, type Source } from "./data";
import { label, ticks } from "./ticks";

const HEIGHT = 320;
const DAY = 86_400;
const MOST_BUCKETS = 1500;
const SHORTEST = 2 * 3600;

interface Limit {
  readonly value: number;
  readonly label: string;
}

class ClChart extends HTMLElement {
  private plot: uPlot | undefined;
  private data: Columns = { time: [], mean: [], low: [], high: [] };
  private tongue: Language = "vi";
  private source: Source = { dataset: "", datastream: "", at: "" };
  private limits: Limit[] = [];
  private range = { from: 0, to: 0 };
  private full = { from: 0, to: 0 };
  private readonly stage = document.createElement("div");
  private readonly readout = document.createElement("p");
  private pending: AbortController | undefined;
  private ticking: ReturnType<typeof ticks> = { unit: "day", times: [] };

  connectedCallback(): void {
    const of = this.dataset;
    if (this.plot || of["dataset"] === undefined || of["datastream"] === undefined) return;
    this.tongue = language(document.documentElement.lang);
    this.source = { dataset: of["dataset"], datastream: of["datastream"], at: of["version"] ?? "" };
    this.limits = (of["limits"] ?? "")
      .split(";")
      .map((pair) => pair.split("|"))
      .filter((pair) => pair.length === 2)
      .map(([value, text]) => ({ value: Number(value), label: text ?? "" }));
    this.full = { from: Number(of["first"]), to: Number(of["last"]) };
    this.range = { from: Number(of["from"]), to: Number(of["to"]) };
    if (!(this.range.to > this.range.from)) return;
    this.readout.className = "readout";
    this.readout.setAttribute("role", "status");
    void this.show(this.range.from, this.range.to, false);
    new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height: HEIGHT })).observe(this);
  }

  private width(): number {
    return Math.max(this.clientWidth, 280);
  }

  private get step(): number {
    return Number(this.dataset["step"] ?? "0");
  }

  private get places(): number {
    return Number(this.dataset["places"] ?? "2");
  }

  /** Fetches and draws a window; the address of the page follows it. */
  private async show(from: number, to: number, remember: boolean): Promise<void> {
    const length = Math.max(to - from, SHORTEST);
    const start = Math.max(this.full.from, Math.min(from, this.full.to - length));
    const end = Math.min(start + length, this.full.to);
    this.pending?.abort();
    const pending = new AbortController();
    this.pending = pending;
    const most = Math.min(MOST_BUCKETS, this.width());
    let fetched: Columns;
    try {
      fetched = await fetchBuckets(this.source, start, end, most, pending.signal);
    } catch (error) {
      if (!pending.signal.aborted) {
        // The server's drawing stands; what failed is said in words.
        this.readout.textContent = `${this.dataset["failed"] ?? ""} ${error instanceof Error ? error.message : ""}`;
      }
      return;
    }
    if (pending.signal.aborted) return;
    // An empty first answer is no reason to take the server's drawing away.
    if (!this.plot && fetched.time.length === 0) return;
    this.range = { from: start, to: end };
    const bucket = (end - start) / most;
    this.data = withGaps(fetched, 2 * Math.max(this.step, bucket));
    if (this.plot) this.plot.setData(this.columns(), false);
    else this.raise();
    this.plot?.setScale("x", { min: start, max: end });
    if (remember) this.remember();
  }

  private columns(): uPlot.AlignedData {
    return [this.data.time, this.data.low, this.data.high, this.data.mean];
  }

  private remember(): void {
    const address = new URL(location.href);
    address.searchParams.set("from", new Date(this.range.from * 1000).toISOString().slice(0, 16) + "Z");
    address.searchParams.set("to", new Date(this.range.to * 1000).toISOString().slice(0, 16) + "Z");
    history.replaceState(null, "", address);
  }

  /** Puts the plot in the place of the server's drawing. */
  private raise(): void {
    const style = getComputedStyle(this);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    const font = `12px ${style.fontFamily}`;
    const line = ink("--c1");
    const options: uPlot.Options = {
      width: this.width(),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      scales: { x: { time: false }, y: { range: (_, low, high) => this.valueRange(low, high) } },
      axes: [
        {
          font,
          stroke: ink("--ink-2"),
          grid: { show: false },
          ticks: { stroke: ink("--control"), size: 4 },
          splits: (plot, _axis, min, max) => {
            this.ticking = ticks(min, max, plot.bbox.width / devicePixelRatio, 64);
            return this.ticking.times;
          },
          values: (_, times) => times.map((time, index) => label(this.tongue, this.ticking.unit, time, index === 0)),
        },
        {
          font,
          stroke: ink("--ink-2"),
          size: 52,
          grid: { stroke: ink("--line"), width: 1 },
          ticks: { show: false },
          values: (_, values) => values.map((value) => number(this.tongue, value, decimals(values))),
        },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: line, width: 1.8, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: `${line}33` }],
      hooks: {
        draw: [(plot) => this.drawLimits(plot, ink("--accent"), font)],
        setCursor: [(plot) => this.speak(plot.cursor.idx)],
        setSelect: [
          (plot) => {
            if (plot.select.width < 8) return;
            const from = plot.posToVal(plot.select.left, "x");
            const to = plot.posToVal(plot.select.left + plot.select.width, "x");
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            void this.show(from, to, true);
          },
        ],
      },
    };
    this.plot = new uPlot(options, this.columns(), this.stage);
    this.plot.root.querySelector("canvas")?.setAttribute("aria-hidden", "true");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "group");
    this.stage.setAttribute("aria-label", this.dataset["label"] ?? "");
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("dblclick", () => void this.show(this.full.from, this.full.to, true));
    // The drawings stay for screen readers, which read their title and sentence.
    for (const drawing of this.querySelectorAll("svg.ch")) drawing.classList.add("vh");
    this.append(this.tools(), this.stage, this.readout);
  }

  private tools(): HTMLElement {
    const bar = document.createElement("div");
    bar.className = "tools";
    const words = (this.dataset["tools"] ?? "").split("|");
    const actions: (() => void)[] = [
      () => this.zoom(0.5),
      () => this.zoom(2),
      () => this.pan(-0.5),
      () => this.pan(0.5),
      () => void this.show(this.full.from, this.full.to, true),
    ];
    actions.forEach((action, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words[index] ?? "";
      button.addEventListener("click", action);
      bar.append(button);
    });
    return bar;
  }

  private zoom(factor: number): void {
    const middle = (this.range.from + this.range.to) / 2;
    const half = ((this.range.to - this.range.from) * factor) / 2;
    void this.show(middle - half, middle + half, true);
  }

  private pan(part: number): void {
    const by = (this.range.to - this.range.from) * part;
    void this.show(this.range.from + by, this.range.to + by, true);
  }

  /** ← → a reading, PgUp PgDn a day, Home End the ends, + − zoom, 0 everything, T the table. */
  private key(event: KeyboardEvent): void {
    const last = this.data.time.length - 1;
    const at = this.plot?.cursor.idx ?? last;
    const moves: Record<string, () => number> = {
      ArrowLeft: () => this.reading(at, -1),
      ArrowRight: () => this.reading(at, 1),
      PageUp: () => this.nearest((this.data.time[at] ?? 0) - DAY),
      PageDown: () => this.nearest((this.data.time[at] ?? 0) + DAY),
      Home: () => 0,
      End: () => last,
    };
    const actions: Record<string, () => void> = {
      "+": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      "0": () => void this.show(this.full.from, this.full.to, true),
      t: () => this.openTable(),
      T: () => this.openTable(),
    };
    const move = moves[event.key];
    const action = actions[event.key];
    if (!this.plot || event.ctrlKey || event.metaKey || event.altKey || (!move && !action)) return;
    event.preventDefault();
    if (move) this.point(move());
    action?.();
  }

  /** The next reading in a direction, over silences. */
  private reading(at: number, by: number): number {
    let index = at + by;
    while (this.data.mean[index] === null) index += by;
    return index < 0 || index >= this.data.time.length ? at : index;
  }

  private nearest(time: number): number {
    const after = this.data.time.findIndex((other) => other >= time);
    return after < 0 ? this.data.time.length - 1 : after;
  }

  private point(index: number): void {
    const time = this.data.time[index];
    const value = this.data.mean[index];
    if (!this.plot || time === undefined || value === null || value === undefined) return;
    this.plot.setCursor({ left: this.plot.valToPos(time, "x"), top: this.plot.valToPos(value, "y") });
    this.speak(index);
  }

  private openTable(): void {
    const table = this.closest("figure")?.querySelector("details");
    if (!table) return;
    table.open = true;
    table.querySelector("summary")?.focus();
  }

  /** Says the reading under the cursor: time, value, spread, and the limit that it passes. */
  private speak(index: number | null | undefined): void {
    if (index === null || index === undefined) return;
    const [time, mean] = [this.data.time[index], this.data.mean[index]];
    const [low, high] = [this.data.low[index], this.data.high[index]];
    if (time === undefined || mean === null || mean === undefined) return;
    const unit = this.dataset["unit"] ?? "";
    const write = (value: number) => number(this.tongue, value, this.places);
    let text = `${instant(this.tongue, time)}: ${write(mean)} ${unit}`;
    if (typeof low === "number" && typeof high === "number" && high > low) {
      text += ` (${write(low)} – ${write(high)})`;
    }
    const passed = this.limits.filter((limit) => (high ?? mean) >= limit.value).at(-1);
    if (passed) text += `, ≥ ${passed.label}`;
    this.readout.textContent = text;
  }

  private valueRange(low: number, high: number): [number, number] {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
    const near = this.limits.filter((limit) => limit.value > high && limit.value <= high * 1.8);
    const top = Math.max(high, ...near.map((limit) => limit.value));
    const bottom = low >= 0 && low <= top * 0.6 ? 0 : low;
    const pad = (top - bottom || 1) * 0.06;
    return [bottom === 0 ? 0 : bottom - pad, top + pad];
  }

  private drawLimits(plot: uPlot, colour: string, font: string): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.font = font.replace("12px", `${12 * devicePixelRatio}px`);
    ctx.setLineDash([6 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const limit of this.limits) {
      const y = plot.valToPos(limit.value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.fillText(limit.label, bbox.left + 4 * devicePixelRatio, y - 2 * devicePixelRatio);
    }
    ctx.restore();
  }
}

/** Decimal places that tell ticks apart. */
function decimals(values: readonly number[]): number {
  const step = Math.abs((values[1] ?? 1) - (values[0] ?? 0));
  return step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
}

if (!customElements.get("cl-chart")) customElements.define("cl-chart", ClChart);
