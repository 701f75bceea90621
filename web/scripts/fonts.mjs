// Cuts Source Sans 3 (variable, OFL) down to Vietnamese, ASCII and the portal's symbols, so that
// all weights together stay under the font budget, and writes them with their @font-face rules.
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import subsetFont from "subset-font";

const folder = new URL("../node_modules/@fontsource-variable/source-sans-3/files/", import.meta.url);
const dist = new URL("../dist/", import.meta.url);
mkdirSync(new URL("assets/", dist), { recursive: true });

const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
const bases = "AĂÂEÊIOÔƠUƯY";
const tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"];
const letters = [...bases].flatMap((base) => tones.map((tone) => (base + tone).normalize("NFC")));
const vietnamese = [...letters, "Đ"].flatMap((letter) => [letter, letter.toLowerCase()]).join("");
const wanted = new Set([...ascii, ...vietnamese, ..."°²³µ·×÷±«»–—‘’“”…•₫−\u00a0\u202f≤≥"]);

let css = "";
for (const part of ["latin", "latin-ext", "vietnamese"]) {
  const range = rangeOf(part);
  const text = [...wanted].filter((letter) => inRange(letter.codePointAt(0), range)).join("");
  if (text === "") continue;
  const font = readFileSync(new URL(`source-sans-3-${part}-wght-normal.woff2`, folder));
  const cut = await subsetFont(font, text, { targetFormat: "woff2", noLayoutClosure: true, noHinting: true, keepFeatures: ["kern", "mark", "mkmk", "ccmp", "locl"] });
  const name = `assets/cuulong-sans-${part}-${createHash("sha256").update(cut).digest("hex").slice(0, 8)}.woff2`;
  writeFileSync(new URL(name, dist), cut);
  const ranges = compact([...text].map((letter) => letter.codePointAt(0)));
  css += `@font-face{font-family:"CuuLong Sans";font-style:normal;font-weight:200 900;font-display:swap;src:url("/static/${name}") format("woff2");unicode-range:${ranges}}\n`;
  console.log(`${name}: ${cut.length} bytes, ${text.length} characters`);
}
writeFileSync(new URL("fonts.css", dist), css);

/** The unicode-range under which fontsource ships a part. */
function rangeOf(part) {
  const sheet = readFileSync(new URL("../index.css", folder), "utf8");
  const start = sheet.indexOf(`/* source-sans-3-${part}-wght-normal */`);
  const found = /unicode-range:\s*([^;}]+)/.exec(sheet.slice(start));
  if (start < 0 || !found) throw new Error(`no unicode-range for ${part} in fontsource's index.css`);
  return found[1].split(",").map((item) => {
    const [from, to] = item.trim().replace("U+", "").split("-");
    return [parseInt(from, 16), parseInt(to ?? from, 16)];
  });
}

function inRange(code, ranges) {
  return ranges.some(([from, to]) => from <= code && code <= to);
}

/** Code points as the shortest list of ranges. */
function compact(codes) {
  const sorted = [...new Set(codes)].sort((a, b) => a - b);
  const runs = [];
  for (const code of sorted) {
    const last = runs[runs.length - 1];
    if (last && code === last[1] + 1) last[1] = code;
    else runs.push([code, code]);
  }
  const hex = (code) => code.toString(16).toUpperCase();
  return runs.map(([from, to]) => (from === to ? `U+${hex(from)}` : `U+${hex(from)}-${hex(to)}`)).join(",");
}
