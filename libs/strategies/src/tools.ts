// What a strategy is lent for its work; nothing of it may change what it picks.

import { type Matrices, scalarMatrices } from '@alarena/core';

export interface Tools {
  readonly matrices: Matrices;
  /** Told between pieces of long work how much of it is done, in [0, 1]. May throw to end it. */
  readonly progress: (fraction: number) => void;
}

export const plainTools: Tools = { matrices: scalarMatrices, progress: () => {} };
