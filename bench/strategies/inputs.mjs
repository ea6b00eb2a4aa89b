// The arrays of the works, float32, from one seed. Both sides read them from the same files.
import { namedRandom, ndarray } from '../../libs/core/dist/index.js';

/** Ten normal clouds of different densities, and 5 % noise over twice their extent. */
export function clouds(rows, width) {
  const random = namedRandom(1, 'clouds', rows, width);
  const normals = (count, scale) => Float32Array.from({ length: count }, () => scale * random.normal());
  const centres = Array.from({ length: 10 }, () => normals(width, 24 / Math.sqrt(2 * Math.min(width, 64))));
  const spreads = centres.map(() => 0.5 + random.uniform());
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const cloud = random.below(10);
    const scale = spreads[cloud] * (random.uniform() < 0.05 ? 2 + random.uniform() : 1);
    for (let i = 0; i < width; i++) data[row * width + i] = centres[cloud][i] + scale * random.normal();
  }
  return ndarray('float32', [rows, width], data);
}

/** Rows of non-negative features as a network's last ReLU leaves them: ten classes that overlap. */
export function features(rows, width, name = 'features') {
  const centresOf = namedRandom(1, 'classes', width);
  const centres = Float32Array.from({ length: 10 * width }, () => centresOf.normal());
  const random = namedRandom(1, name, rows, width);
  // Sums of two stretches of one table: drawing 512 million normal numbers would take minutes.
  const stretches = 2 ** 18;
  const noise = Float32Array.from({ length: stretches + width }, () => random.normal() / Math.SQRT2);
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const from = random.below(10) * width;
    const [a, b] = [random.below(stretches), random.below(stretches)];
    for (let i = 0; i < width; i++) {
      data[row * width + i] = Math.max(0, centres[from + i] + noise[a + i] + noise[b + i]);
    }
  }
  return ndarray('float32', [rows, width], data);
}

/** The same with rows of length 1. */
export function unitFeatures(rows, width) {
  const { data, shape } = features(rows, width);
  for (let from = 0; from < data.length; from += width) {
    const row = data.subarray(from, from + width);
    const length = Math.hypot(...row) || 1;
    row.set(row.map((value) => value / length));
  }
  return ndarray('float32', shape, data);
}

/** Softmax of normal logits, of standard deviation 2; none is 0. The last extent is that of the classes. */
export function probabilities(...shape) {
  const classes = shape.at(-1);
  const random = namedRandom(1, 'probabilities', ...shape);
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let from = 0; from < data.length; from += classes) {
    let sum = 0;
    for (let at = from; at < from + classes; at++) {
      data[at] = Math.exp(2 * random.normal());
      sum += data[at];
    }
    for (let at = from; at < from + classes; at++) data[at] /= sum;
  }
  return ndarray('float32', shape, data);
}
