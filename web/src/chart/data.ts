// What the chart fetches: buckets of one datastream that keep its extremes.

export interface Source {
  readonly dataset: string;
  readonly datastream: string;
  readonly at: string;
}

/** Columns of equal length, in order of time; times in seconds since 1970. */
export interface Columns {
  readonly time: number[];
  readonly mean: (number | null)[];
  readonly low: (number | null)[];
  readonly high: (number | null)[];
}

interface BucketDocument {
  readonly start: string;
  readonly count: number;
  readonly min: number;
  readonly min_time: string;
  readonly max: number;
  readonly max_time: string;
  readonly mean: number;
}

/** Fetches at most `most` buckets between two moments. */
export async function fetchBuckets(
  source: Source,
  from: number,
  to: number,
  most: number,
  signal: AbortSignal,
): Promise<Columns> {
  const address = new URL(`/v1/datasets/${encodeURIComponent(source.dataset)}/observations/buckets`, location.origin);
  address.searchParams.set("datastream", source.datastream);
  address.searchParams.set("datetime", `${iso(from)}/${iso(to)}`);
  address.searchParams.set("buckets", String(most));
  if (source.at !== "") address.searchParams.set("version", source.at);
  const answer = await fetch(address, { signal, headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const { items } = (await answer.json()) as { items: BucketDocument[] };
  return columns(items);
}

/** Buckets as columns. A bucket of one value stands at that value's own time. */
function columns(buckets: readonly BucketDocument[]): Columns {
  const result: Columns = { time: [], mean: [], low: [], high: [] };
  for (const bucket of buckets) {
    if (bucket.count === 0) continue;
    result.time.push(Date.parse(bucket.count === 1 ? bucket.min_time : bucket.start) / 1000);
    result.mean.push(bucket.mean);
    result.low.push(bucket.min);
    result.high.push(bucket.max);
  }
  return result;
}

/** Puts an empty point into every silence longer than `step`, so that no line crosses it. */
export function withGaps(data: Columns, step: number): Columns {
  const result: Columns = { time: [], mean: [], low: [], high: [] };
  data.time.forEach((time, index) => {
    const before = data.time[index - 1];
    if (before !== undefined && time - before > step) {
      result.time.push((before + time) / 2);
      result.mean.push(null);
      result.low.push(null);
      result.high.push(null);
    }
    result.time.push(time);
    result.mean.push(data.mean[index] ?? null);
    result.low.push(data.low[index] ?? null);
    result.high.push(data.high[index] ?? null);
  });
  return result;
}

function iso(seconds: number): string {
  return new Date(Math.round(seconds) * 1000).toISOString();
}
