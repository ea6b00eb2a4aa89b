// `alarena pick`: what is asked, of which files, and what comes of it. Plain values, since they go to a thread and back.

import type { Parameters, Selection, Signal } from '@alarena/strategies';

export const signals = [
  'probabilities',
  'monteCarlo',
  'z',
  'a0',
  'a1',
  'a2',
  'h',
] as const satisfies Signal[];

/** The option that names the file of a signal. */
export const arrayOptions: Readonly<Record<Signal, string>> = {
  probabilities: '--probabilities',
  monteCarlo: '--mc',
  z: '--features',
  a0: '--a0',
  a1: '--a1',
  a2: '--a2',
  h: '--h',
};

export const arrayShapes: Readonly<Record<Signal, string>> = {
  probabilities: 'samples x classes',
  monteCarlo: 'passes x samples x classes',
  z: 'samples x width',
  a0: 'samples x width',
  a1: 'samples x width',
  a2: 'samples x width',
  h: 'samples x width',
};

export interface PickRequest {
  readonly strategy: string;
  readonly k: number;
  readonly parameters: Parameters;
  readonly seed: number;
  /** Files by signal. */
  readonly arrays: { readonly [S in Signal]?: string };
  /** File with the class of each sample. */
  readonly labels?: string;
  /** File with the rows whose labels are known. */
  readonly labelled?: string;
  /** File with the rows of the validation set. */
  readonly validation?: string;
  /** File with weights and bias of the last layer. */
  readonly classifier?: string;
}

export interface PickResult extends Selection {
  /** Samples that could be picked. */
  readonly pool: number;
  /** Of reading and picking. */
  readonly seconds: number;
}
