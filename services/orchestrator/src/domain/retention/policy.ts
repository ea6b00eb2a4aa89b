// What is kept of a fit. Arrays are large and can be computed again; manifests and metrics are small and stay.

/** Of a comparison that has ended: the key of each measured round's fit, cell by cell. */
export interface ComparisonFits {
  readonly cells: readonly (readonly string[])[];
}

export const weightsToKeep = ['last', 'ends', 'all'] as const;

/**
 * Weights of an ended comparison. `last`: of each cell's last round; `ends`: also of its first, which every strategy
 * added later begins with; `all`.
 */
export type WeightsToKeep = (typeof weightsToKeep)[number];

/**
 * Whether the weights of ended comparisons are kept, by key of the fit; their signals are not. What the others need is kept by itself (needs.ts). A fit of several
 * comparisons keeps what any of them keeps. Fits of no comparison were asked for by name and are not in the map: they
 * stay whole.
 */
export function weightsKept(ended: Iterable<ComparisonFits>, weights: WeightsToKeep): Map<string, boolean> {
  const kept = new Map<string, boolean>();
  for (const { cells } of ended) {
    for (const fits of cells) {
      for (const [round, fit] of fits.entries()) {
        const atAnEnd = round === fits.length - 1 || (weights === 'ends' && round === 0);
        kept.set(fit, weights === 'all' || atAnEnd || (kept.get(fit) ?? false));
      }
    }
  }
  return kept;
}
