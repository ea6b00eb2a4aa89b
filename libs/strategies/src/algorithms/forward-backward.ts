// The selection of BAIT: what lowers the trace most is added, twice as many as wanted, then what raises it least is taken
// out again.

import { AppError } from '@alarena/core';
import type { FisherPart } from './fisher.js';

/** Of the highest gain before: below, its rounding would show in what is left. */
const STALE = 1e-4;

/** The selection of BAIT over parts whose informations add up: 2k forward, then back to k. In order of being added. */
export function forwardBackward(
  parts: readonly FisherPart[],
  size: number,
  k: number,
  progress: (fraction: number) => void,
): { position: number; gain: number }[] {
  const chosen: { position: number; gain: number }[] = [];
  const left = new Set(Array.from({ length: size }, (_, i) => i));
  const all = Array.from(left);
  const most = Math.min(size, 2 * k);
  const total = (of: (part: FisherPart) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  const bestOfLeft = (): { position: number; gain: number } => {
    let best = { position: -1, gain: Number.NEGATIVE_INFINITY };
    for (const position of left) {
      const gain = total((part) => part.gain(position));
      if (gain > best.gain) best = { position, gain };
    }
    if (best.position >= 0) return best;
    throw new AppError('internal', 'no sample has a gain that is a number');
  };
  /** The highest gain since all was made anew. */
  let highest = Number.NEGATIVE_INFINITY;
  const refreshed = (gain: number): boolean => {
    if (gain >= STALE * highest) return false;
    const added = chosen.map(({ position }) => position);
    for (const part of parts) part.refresh(added);
    highest = Number.NEGATIVE_INFINITY;
    return true;
  };
  while (chosen.length < most) {
    let best = bestOfLeft();
    if (refreshed(best.gain)) best = bestOfLeft();
    highest = Math.max(highest, best.gain);
    for (const part of parts) part.update(best.position, 1, all);
    left.delete(best.position);
    chosen.push(best);
    progress(chosen.length / most);
  }
  refreshed(chosen.at(-1)?.gain ?? 0);
  while (chosen.length > k) {
    const losses = chosen.map(({ position }) => total((part) => part.loss(position)));
    const least = losses.reduce((lowest, loss, at) => (loss < (losses[lowest] as number) ? at : lowest), 0);
    const [removed] = chosen.splice(least, 1);
    const others = chosen.map(({ position }) => position);
    for (const part of parts) part.update(removed?.position ?? 0, -1, others);
  }
  return chosen;
}
