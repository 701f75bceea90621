// Draws the faint sketch of land around the delta (crates/portal/assets/coast.json) from Natural
// Earth 1:10m, as packed by the npm package world-atlas 2.0.2 (public domain).
// Run with `npm run coast` when the frame or the simplification changes; the result is committed.
import { readFileSync, writeFileSync } from "node:fs";
import { feature } from "topojson-client";

const FRAME = { west: 103.3, south: 8.2, east: 107.3, north: 11.9 };
const TOLERANCE = 0.006; // degrees, about 600 m: below one pixel of the drawing
const MIN_AREA = 0.0012; // square degrees: islets smaller than this are left out
const STEP = 0.005; // coordinates are stored as whole steps from the frame's south-western corner

const atlas = JSON.parse(
  readFileSync(new URL("../node_modules/world-atlas/countries-10m.json", import.meta.url), "utf8"),
);
const countries = feature(atlas, atlas.objects.countries).features;

/** Cuts a ring by the frame (Sutherland–Hodgman). */
function clip(ring) {
  const sides = [
    [(p) => p[0] >= FRAME.west, (a, b) => cut(a, b, 0, FRAME.west)],
    [(p) => p[0] <= FRAME.east, (a, b) => cut(a, b, 0, FRAME.east)],
    [(p) => p[1] >= FRAME.south, (a, b) => cut(a, b, 1, FRAME.south)],
    [(p) => p[1] <= FRAME.north, (a, b) => cut(a, b, 1, FRAME.north)],
  ];
  let points = ring.slice(0, -1);
  for (const [inside, at] of sides) {
    const next = [];
    for (let i = 0; i < points.length; i++) {
      const a = points[(i + points.length - 1) % points.length];
      const b = points[i];
      if (inside(a) !== inside(b)) next.push(at(a, b));
      if (inside(b)) next.push(b);
    }
    points = next;
    if (points.length === 0) break;
  }
  return points;
}

function cut(a, b, axis, value) {
  const t = (value - a[axis]) / (b[axis] - a[axis]);
  return axis === 0 ? [value, a[1] + t * (b[1] - a[1])] : [a[0] + t * (b[0] - a[0]), value];
}

/** Douglas–Peucker on an open line. */
function simplify(line) {
  if (line.length < 3) return line;
  const [a, b] = [line[0], line[line.length - 1]];
  let far = 0;
  let index = 0;
  for (let i = 1; i < line.length - 1; i++) {
    const d = distance(line[i], a, b);
    if (d > far) [far, index] = [d, i];
  }
  if (far <= TOLERANCE) return [a, b];
  return [...simplify(line.slice(0, index + 1)).slice(0, -1), ...simplify(line.slice(index))];
}

function distance(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

function area(ring) {
  let sum = 0;
  for (let i = 0; i < ring.length; i++) {
    const [a, b] = [ring[i], ring[(i + 1) % ring.length]];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return Math.abs(sum) / 2;
}

function rings(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((polygon) => polygon[0]);
}

/** Simplifies a closed ring in two halves, split at its farthest point, and rounds it to steps. */
function encode(ring) {
  let split = 1;
  for (let i = 1; i < ring.length; i++) {
    const d = (j) => Math.hypot(ring[j][0] - ring[0][0], ring[j][1] - ring[0][1]);
    if (d(i) > d(split)) split = i;
  }
  const closed = [...simplify(ring.slice(0, split + 1)).slice(0, -1), ...simplify([...ring.slice(split), ring[0]])];
  const flat = [];
  for (const [lon, lat] of closed.slice(0, -1)) {
    flat.push(Math.round((lon - FRAME.west) / STEP), Math.round((lat - FRAME.south) / STEP));
  }
  return flat;
}

const land = {};
for (const [iso, id] of [["VN", "704"], ["KH", "116"]]) {
  const country = countries.find((c) => c.id === id);
  land[iso] = rings(country.geometry)
    .map(clip)
    .filter((ring) => ring.length > 2 && area(ring) >= MIN_AREA)
    .map(encode);
}

const sketch = {
  source: "Natural Earth 1:10m countries (public domain), by way of npm world-atlas 2.0.2; simplified by web/scripts/coast.mjs",
  west: FRAME.west,
  south: FRAME.south,
  east: FRAME.east,
  north: FRAME.north,
  step: STEP,
  land,
};
const text = JSON.stringify(sketch) + "\n";
writeFileSync(new URL("../../crates/portal/assets/coast.json", import.meta.url), text);
console.log(`coast.json: ${text.length} bytes, ${Object.values(land).flat().flat().length / 2} points`);
