// Comparisons as text for people and as documents for `--json`.

import type { comparison } from '@alarena/api';
import { type ComparisonSpec, specFromProto, specToYaml } from '@alarena/config';
import { AppError } from '@alarena/core';
import { duration, plural } from './quantities.js';
import { statusWord } from './status.js';
import { table } from './table.js';

export function specOf(value: comparison.Comparison): ComparisonSpec {
  if (value.spec !== undefined) return specFromProto(value.spec);
  throw new AppError('internal', `the server sent the comparison ${value.id} without its spec`);
}

export function comparisonJson(value: comparison.Comparison): object {
  return {
    id: value.id,
    name: value.spec?.name ?? '',
    key: value.key,
    status: statusWord(value.status),
    createdAt: value.createdAt,
    parallelism: value.parallelism,
    priority: value.priority,
    spec: specOf(value),
    cells: value.cells.map(cellJson),
    cost: value.cost ?? null,
    versions: value.versions,
  };
}

/** One entry of a listing: without cells, which may be thousands. */
export function listingJson(value: comparison.Comparison): object {
  const { roundsDone, roundsTotal } = roundsOf(value);
  return {
    id: value.id,
    name: value.spec?.name ?? '',
    status: statusWord(value.status),
    createdAt: value.createdAt,
    cells: value.cells.length,
    roundsDone,
    roundsTotal,
  };
}

export function listingText(values: readonly comparison.Comparison[]): string {
  if (values.length === 0) return 'no comparisons yet; begin one with: alarena compare SPEC.yaml';
  const rows = values.map((value) => {
    const { roundsDone, roundsTotal } = roundsOf(value);
    return [
      value.id,
      value.spec?.name ?? '',
      statusWord(value.status),
      String(value.cells.length),
      `${roundsDone}/${roundsTotal}`,
      value.createdAt,
    ];
  });
  return table(
    [
      { title: 'id' },
      { title: 'name' },
      { title: 'status' },
      { title: 'cells', align: 'right' },
      { title: 'rounds', align: 'right' },
      { title: 'created' },
    ],
    rows,
  );
}

/** The spec with its defaults, every cell, and the cost so far. */
export function comparisonText(value: comparison.Comparison): string {
  const rows = value.cells.map((cell) => [
    cell.strategy,
    String(cell.seed),
    statusWord(cell.status),
    `${cell.roundsDone}/${cell.roundsTotal}`,
    cell.rounds.at(-1)?.accuracy.toFixed(3) ?? '',
    cell.error,
  ]);
  const cells = table(
    [
      { title: 'strategy' },
      { title: 'seed', align: 'right' },
      { title: 'status' },
      { title: 'rounds', align: 'right' },
      { title: 'accuracy', align: 'right' },
      { title: 'error' },
    ],
    rows,
  );
  const head = `comparison ${value.id}: ${statusWord(value.status)}, created ${value.createdAt}`;
  return [head, '', specToYaml(specOf(value)).trimEnd(), '', cells, '', costLine(value.cost)].join('\n');
}

/** `comparison 3f2a: mnist-quick, 4 strategies x 3 seeds, 12 of 60 rounds measured`. */
export function headLine(value: comparison.Comparison): string {
  const { roundsDone, roundsTotal } = roundsOf(value);
  const strategies = value.spec?.strategies.length ?? 0;
  const size = `${plural(strategies, 'strategy', 'strategies')} x ${plural(value.spec?.seeds.length ?? 0, 'seed')}`;
  return `comparison ${value.id}: ${value.spec?.name ?? ''}, ${size}, ${roundsDone} of ${plural(roundsTotal, 'round')} measured`;
}

/** One line for each cell that failed, with its cause. */
export function failures(value: comparison.Comparison): string[] {
  return value.cells
    .filter((cell) => cell.error !== '')
    .map((cell) => `${cell.strategy} seed ${cell.seed} ${statusWord(cell.status)}: ${cell.error}`);
}

export function costLine(cost: comparison.Cost | undefined): string {
  const { fits = 0, fitsShared = 0, deviceSeconds = 0, wallSeconds = 0 } = cost ?? {};
  const shared = fitsShared === 0 ? '' : ` (${plural(fitsShared, 'round')} shared another cell's)`;
  return `cost: ${plural(fits, 'fit')}${shared}, ${duration(deviceSeconds)} of computing, ${duration(wallSeconds)} by the clock`;
}

function cellJson(cell: comparison.Cell): object {
  return {
    strategy: cell.strategy,
    seed: Number(cell.seed),
    status: statusWord(cell.status),
    ...(cell.error === '' ? {} : { error: cell.error }),
    roundsDone: cell.roundsDone,
    roundsTotal: cell.roundsTotal,
    rounds: cell.rounds,
  };
}

function roundsOf(value: comparison.Comparison): { roundsDone: number; roundsTotal: number } {
  return {
    roundsDone: value.cells.reduce((sum, cell) => sum + cell.roundsDone, 0),
    roundsTotal: value.cells.reduce((sum, cell) => sum + cell.roundsTotal, 0),
  };
}
