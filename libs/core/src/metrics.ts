// Measures of predictions against labels.

/** Loss in nats; accuracy and macro F1 are fractions. */
export interface Metrics {
  readonly loss: number;
  readonly accuracy: number;
  readonly macroF1: number;
}

/** Share of equal entries; NaN without any. */
export function accuracy(predicted: Int32Array, labels: Int32Array): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}

/**
 * Unweighted mean over the classes of F1 = 2 TP / (2 TP + FP + FN). A class that is neither present nor predicted
 * has no F1 and does not count: a small validation set may lack classes. NaN without any sample.
 */
export function macroF1(predicted: Int32Array, labels: Int32Array, classes: number): number {
  const truePositives = new Float64Array(classes);
  const present = new Float64Array(classes);
  const claimed = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const guess = predicted[i] as number;
    present[label] = (present[label] as number) + 1;
    claimed[guess] = (claimed[guess] as number) + 1;
    if (label === guess) truePositives[label] = (truePositives[label] as number) + 1;
  }
  let sum = 0;
  let counted = 0;
  for (let c = 0; c < classes; c++) {
    const involved = (present[c] as number) + (claimed[c] as number);
    if (involved === 0) continue;
    sum += (2 * (truePositives[c] as number)) / involved;
    counted++;
  }
  return sum / counted;
}
