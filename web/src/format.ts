// Numbers and dates as the portal writes them: the same table as the server's, on Vietnam's clock.
import table from "../../crates/chart/format.json";

export type Language = keyof typeof table;

/** Vietnam is seven hours ahead of UTC all year. */
export const VIETNAM = 7 * 3600;

export function language(tag: string): Language {
  return tag in table ? (tag as Language) : "vi";
}

export function number(lang: Language, value: number, places: number): string {
  const format = table[lang];
  const text = Math.abs(value).toFixed(places);
  const [whole = "0", fraction = ""] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, format.group);
  const sign = value < 0 && /[1-9]/.test(text) ? "\u2212" : "";
  return sign + grouped + (fraction === "" ? "" : format.decimal + fraction);
}

/** A moment in seconds since 1970 as a date whose UTC fields are Vietnam's. */
export function local(seconds: number): Date {
  return new Date((seconds + VIETNAM) * 1000);
}

export function date(lang: Language, seconds: number): string {
  return pattern(lang, table[lang].date, local(seconds));
}

export function dayMonth(lang: Language, seconds: number): string {
  return pattern(lang, table[lang].dayMonth, local(seconds));
}

export function month(lang: Language, seconds: number): string {
  return pattern(lang, table[lang].month, local(seconds));
}

export function clock(seconds: number): string {
  const day = local(seconds);
  return `${pad(day.getUTCHours())}:${pad(day.getUTCMinutes())}`;
}

export function instant(lang: Language, seconds: number): string {
  return `${clock(seconds)} ${date(lang, seconds)}`;
}

function pattern(lang: Language, text: string, day: Date): string {
  const at = day.getUTCMonth();
  return text
    .replace("{dd}", pad(day.getUTCDate()))
    .replace("{d}", String(day.getUTCDate()))
    .replace("{mm}", pad(at + 1))
    .replace("{mon}", table[lang].months[at] ?? "")
    .replace("{m}", String(at + 1))
    .replace("{yyyy}", String(day.getUTCFullYear()));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
