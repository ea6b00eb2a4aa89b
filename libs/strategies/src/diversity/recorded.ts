// Arrays and picks recorded from reference implementations (tools/reference/strategies/diversity_*.py and
// trained_cases.py): for tests only.

import { readFileSync } from 'node:fs';
import { type NdArray, ndarray } from '@alarena/core';
import type { PoolView } from '../strategy.js';
import { rowsAtPositions } from './by-id.js';

interface StoredArrays {
  readonly arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly float32: string }>>;
}

interface Picks {
  readonly k: number;
  readonly 'scikit-activeml': readonly number[];
}

/** What packages.json holds: ids are rows of the arrays. */
export interface PackageCases {
  readonly coreset: Picks & { readonly 'small-text': readonly number[] };
  readonly cdal: { readonly k: number; readonly 'small-text': readonly number[] };
  readonly prob_cover: readonly (Picks & { readonly delta: number })[];
  readonly max_herding: readonly (Picks & { readonly radius: number; readonly unit_length: boolean })[];
  readonly typiclust: Picks & { readonly labelled: readonly number[] };
  readonly badge: {
    readonly k: number;
    readonly 'scikit-activeml': {
      readonly picks: readonly number[];
      readonly shares: readonly (readonly number[])[];
    };
  };
  readonly drop_query: Picks & {
    readonly passes: number;
    readonly dropout: number;
    /** Passes x rows x width, a bit each, in base64. */
    readonly kept: string;
    readonly candidates: readonly number[];
  };
  readonly linkage: { readonly rows: number; readonly scipy: readonly number[] };
}

interface Labelled {
  readonly k: number;
  readonly labelled: readonly number[];
  readonly picks: readonly number[];
}

/** What definitions.json holds. */
export interface DefinitionCases {
  readonly typiclust: Labelled;
  readonly bait: Labelled;
  readonly alfa_mix: readonly {
    readonly k: number;
    readonly labelled: readonly number[];
    readonly labels: readonly number[];
    readonly cap: number;
    readonly candidates: readonly number[];
  }[];
  readonly uherding: { readonly k: number; readonly radius: number; readonly picks: readonly number[] };
}

/** What trained.json holds: sets, ascending. */
interface TrainedCases {
  readonly dal: readonly (Picks & {
    readonly labelled: readonly number[];
    readonly 'small-text': readonly number[];
  })[];
}

/** How many of the last rows of `z` and `p` are labelled. */
const LABELLED_ROWS = 12;

function stored(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../testdata/diversity/${file}`, import.meta.url), 'utf8'));
}

const { arrays } = stored('arrays.json') as StoredArrays;

export const packageCases = (stored('packages.json') as { cases: PackageCases }).cases;
export const definitionCases = (stored('definitions.json') as { cases: DefinitionCases }).cases;

export const trainedCases = stored('trained.json') as TrainedCases;

export function recorded(name: string): NdArray<'float32'> {
  const array = arrays[name];
  if (array === undefined) throw new Error(`no recorded array ${name}`);
  const bytes = new Uint8Array(Buffer.from(array.float32, 'base64'));
  return ndarray('float32', array.shape, new Float32Array(bytes.buffer));
}

/** A pool of all rows but the labelled ones, ids being rows. */
export function recordedPool(
  signals: { readonly [S in 'z' | 'h' | 'a1' | 'probabilities']?: NdArray<'float32'> },
  labelled: readonly number[],
): PoolView & { readonly labelled: NonNullable<PoolView['labelled']> } {
  const size = Object.values(signals)[0]?.shape[0] ?? 0;
  const known = new Set(labelled);
  const pool = Array.from({ length: size }, (_, row) => row).filter((row) => !known.has(row));
  const at = (rows: readonly number[]) =>
    Object.fromEntries(Object.entries(signals).map(([name, array]) => [name, rowsAtPositions(array, rows)]));
  return {
    ids: Int32Array.from(pool),
    signals: at(pool),
    labelled: { ids: Int32Array.from(labelled), signals: at(labelled) },
  };
}

/** The last rows of the recorded `z` or `p`. */
export function lastRows(array: NdArray<'float32'>): number[] {
  const size = array.shape[0] ?? 0;
  return Array.from({ length: LABELLED_ROWS }, (_, i) => size - LABELLED_ROWS + i);
}
