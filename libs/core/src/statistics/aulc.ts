// Area under the learning curve: the mean accuracy over the labels bought, in the metric's own unit.
// AULC = Σ_t (a_t + a_{t+1}) / 2 · (n_{t+1} - n_t) / (n_R - n_0).

export interface CurvePoint {
  /** Size of the labelled set. */
  readonly labels: number;
  readonly value: number;
}

/** null for fewer than two points: there is no area. `labels` must ascend. */
export function aulc(points: readonly CurvePoint[]): number | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return null;
  let area = 0;
  for (const [index, point] of points.slice(1).entries()) {
    const before = points[index] as CurvePoint;
    const step = point.labels - before.labels;
    if (!(step > 0)) {
      throw new RangeError(
        `labels must ascend along a learning curve, got ${before.labels}, ${point.labels}`,
      );
    }
    area += ((before.value + point.value) / 2) * step;
  }
  return area / (last.labels - first.labels);
}

/** The same with steps of one whatever the labels, as some papers have it. */
export function aulcUnitSteps(values: readonly number[]): number | null {
  return aulc(values.map((value, step) => ({ labels: step, value })));
}
