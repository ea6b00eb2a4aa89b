// What tests ask of a comparison service, in few words.

import { comparison } from '@alarena/api';
import { collect, within } from '@alarena/testkit';
import type { Client } from './installation.js';

export const call = { timeoutMs: 180_000 };
const comparisonLimitMs = 180_000;

export type WatchEvent = NonNullable<comparison.WatchComparisonResponse['event']>;

export async function submit(
  client: Client,
  spec: comparison.ComparisonSpec,
  parallelism = 0,
): Promise<comparison.Comparison> {
  return whole(await client.submitComparison({ spec, parallelism }, call));
}

export async function get(client: Client, id: string): Promise<comparison.Comparison> {
  return whole(await client.getComparison({ id }, call));
}

export function whole(response: { comparison?: comparison.Comparison | undefined }): comparison.Comparison {
  if (response.comparison === undefined) throw new Error('the response has no comparison');
  return response.comparison;
}

/** The events of a comparison up to its end, or until `until` says so. */
export async function watch(
  client: Client,
  id: string,
  until: (event: WatchEvent) => boolean | Promise<boolean> = () => false,
): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const stop = new AbortController();
  const read = async (): Promise<void> => {
    for await (const { event } of client.watchComparison(
      { id },
      { timeoutMs: 'none', signal: stop.signal },
    )) {
      if (event === undefined) throw new Error('an empty event');
      events.push(event);
      if (await until(event)) return;
    }
  };
  try {
    await within(`the events of ${id}`, read(), comparisonLimitMs);
  } finally {
    stop.abort();
  }
  return events;
}

/** Submits, waits for the end, and gives what is then stored. */
export async function runToEnd(
  client: Client,
  spec: comparison.ComparisonSpec,
  parallelism = 0,
): Promise<comparison.Comparison> {
  const { id } = await submit(client, spec, parallelism);
  await watch(client, id);
  return get(client, id);
}

/** All measured rounds without the seconds they took, by `strategy/seed`. */
export async function measured(client: Client, id: string): Promise<Record<string, comparison.Round[]>> {
  const parts = await collect(client.getReport({ id }, call));
  const cells = parts.flatMap(({ part }) => (part?.$case === 'cell' ? [part.value] : []));
  return Object.fromEntries(
    cells.map((cell) => [cellName(cell), cell.rounds.map((round) => ({ ...round, seconds: 0 }))]),
  );
}

export function cellName({ strategy, seed }: { readonly strategy: string; readonly seed: bigint }): string {
  return `${strategy}/${seed}`;
}

export function statuses({ cells }: comparison.Comparison): Record<string, string> {
  return Object.fromEntries(cells.map((cell) => [cellName(cell), statusName(cell.status)]));
}

export function statusName(status: comparison.Status): string {
  return comparison.Status[status].replace('STATUS_', '').toLowerCase();
}
