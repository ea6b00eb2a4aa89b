// What bayesian-cnn's Monte-Carlo passes must give: its definition in plain float64 loops, for 28 x 28 x 1 samples.

import type { Model } from '../model.js';

/** Each pass on its own. `masks[l]`: T x units. T x n x classes. */
export function cnnReference(
  model: Model,
  images: Uint8Array,
  masks: readonly Float32Array[],
  passes: number,
): Float32Array {
  const weights = model.getWeights();
  const get = (name: string) => weights.get(name)!.data;
  const mean = model.spec.normalisation.mean[0]!;
  const std = model.spec.normalisation.std[0]!;

  /** Valid 5x5 convolution, mask, max pool 2, ReLU. x: size x size x from. */
  function block(x: Float64Array, size: number, from: number, to: number, name: string, mask: Float32Array) {
    const [filter, bias] = [get(`${name}/weight`), get(`${name}/bias`)];
    const out = (size - 4) / 2;
    const y = new Float64Array(out * out * to);
    for (let row = 0; row < size - 4; row++) {
      for (let column = 0; column < size - 4; column++) {
        for (let channel = 0; channel < to; channel++) {
          let value = bias[channel]!;
          for (let cell = 0; cell < 25; cell++) {
            const source = ((row + Math.floor(cell / 5)) * size + column + (cell % 5)) * from;
            for (let c = 0; c < from; c++)
              value += x[source + c]! * filter[(cell * from + c) * to + channel]!;
          }
          const target = (Math.floor(row / 2) * out + Math.floor(column / 2)) * to + channel;
          // ReLU makes 0 the least value, so 0 is where the maximum starts.
          y[target] = Math.max(y[target]!, value * mask[channel]!);
        }
      }
    }
    return y;
  }

  function dense(x: Float64Array, name: string): Float64Array {
    const [weight, bias] = [get(`${name}/weight`), get(`${name}/bias`)];
    return Float64Array.from(bias, (start, unit) =>
      x.reduce((sum, value, i) => sum + value * weight[i * bias.length + unit]!, start),
    );
  }

  const { classes } = model.spec;
  const count = images.length / 784;
  const result = new Float32Array(passes * count * classes);
  for (let pass = 0; pass < passes; pass++) {
    const [m1, m2, m3] = masks.map((mask) => {
      const units = mask.length / passes;
      return mask.subarray(pass * units, (pass + 1) * units);
    });
    for (let sample = 0; sample < count; sample++) {
      const x = Float64Array.from(
        images.subarray(sample * 784, (sample + 1) * 784),
        (byte) => (byte / 255 - mean) / std,
      );
      const z = block(block(x, 28, 1, 32, 'conv1', m1!), 12, 32, 64, 'conv2', m2!);
      const hidden = dense(z, 'fc1').map((value, unit) => Math.max(0, value * m3![unit]!));
      const exponentials = dense(hidden, 'fc2').map(Math.exp);
      const total = exponentials.reduce((a, b) => a + b);
      result.set(
        exponentials.map((value) => value / total),
        (pass * count + sample) * classes,
      );
    }
  }
  return result;
}
