// Where ticks of time stand, on Vietnam's clock, and what they say: the server's rules.
import { clock, dayMonth, local, month, VIETNAM, type Language } from "../format";

type Unit = "hour" | "day" | "month" | "year";
const HOUR = 3600;
const DAY = 24 * HOUR;

const STEPS: readonly (readonly [Unit, number, number])[] = [
  ["hour", 1, HOUR],
  ["hour", 3, 3 * HOUR],
  ["hour", 6, 6 * HOUR],
  ["hour", 12, 12 * HOUR],
  ["day", 1, DAY],
  ["day", 2, 2 * DAY],
  ["day", 5, 5 * DAY],
  ["day", 10, 10 * DAY],
  ["month", 1, 30.4 * DAY],
  ["month", 2, 60.9 * DAY],
  ["month", 3, 91.3 * DAY],
  ["month", 6, 182.6 * DAY],
  ["year", 1, 365.25 * DAY],
  ["year", 2, 730.5 * DAY],
  ["year", 5, 1826 * DAY],
  ["year", 10, 3652.5 * DAY],
  ["year", 25, 9131 * DAY],
];

export interface Ticks {
  readonly unit: Unit;
  readonly times: number[];
}

/** Ticks between two moments, `room` pixels apart at least. */
export function ticks(from: number, to: number, pixels: number, room: number): Ticks {
  const wanted = ((to - from) * room) / Math.max(pixels, 1);
  const [unit, every] = STEPS.find(([, , length]) => length >= wanted) ?? ["year", 50, 0];
  const start = local(from);
  let cursor: Date;
  if (unit === "year") cursor = utc(Math.floor(start.getUTCFullYear() / every) * every, 0, 1);
  else if (unit === "month") cursor = utc(start.getUTCFullYear(), Math.floor(start.getUTCMonth() / every) * every, 1);
  else if (unit === "day") cursor = utc(start.getUTCFullYear(), start.getUTCMonth(), 1);
  else cursor = utc(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  const times: number[] = [];
  for (let guard = 0; guard < 500; guard++) {
    const time = cursor.getTime() / 1000 - VIETNAM;
    if (time > to) break;
    if (time >= from) times.push(time);
    cursor = next(cursor, unit, every);
  }
  return { unit, times };
}

export function label(lang: Language, unit: Unit, time: number, first: boolean): string {
  const day = local(time);
  const year = day.getUTCFullYear();
  switch (unit) {
    case "hour":
      return day.getUTCHours() === 0 ? dayMonth(lang, time) : clock(time);
    case "day":
      return dayMonth(lang, time);
    case "month":
      return first || day.getUTCMonth() === 0 ? `${month(lang, time)} ${year}` : month(lang, time);
    case "year":
      return String(year);
  }
}

function utc(year: number, monthIndex: number, day: number): Date {
  return new Date(Date.UTC(year, monthIndex, day));
}

/** The next tick; days are counted from the first of each month so that labels are stable. */
function next(day: Date, unit: Unit, every: number): Date {
  const [year, monthIndex, date] = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()];
  if (unit === "year") return utc(year + every, 0, 1);
  if (unit === "month") return utc(year, monthIndex + every, 1);
  if (unit === "hour") return new Date(day.getTime() + every * HOUR * 1000);
  const stepped = utc(year, monthIndex, date + every);
  if (every === 1) return stepped;
  const crowded = stepped.getUTCDate() + Math.floor(every / 2) > 31;
  return stepped.getUTCMonth() === monthIndex && !crowded ? stepped : utc(year, monthIndex + 1, 1);
}
