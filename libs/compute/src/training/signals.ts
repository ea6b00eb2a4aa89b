// Signals of a fitted model on a set of samples, in pieces of a fixed size.

import { namedRandom, sizeOf } from '@alarena/core';
import type { Layer, MaskLayer, Model } from '../model.js';
import { inferenceBatch } from './evaluate.js';

export interface SignalRequest {
  readonly probabilities: boolean;
  readonly layers: readonly Layer[];
  /** Number of Monte-Carlo passes T; 0: none. */
  readonly monteCarloPasses: number;
}

export interface SignalArrays {
  /** N x C. */
  readonly probabilities?: Float32Array;
  /** T x N x C. */
  readonly monteCarlo?: Float32Array;
  /** N x width, by layer. */
  readonly layers: ReadonlyMap<Layer, Float32Array>;
}

/**
 * One mask set per pass, for all samples: masks[l] is T x units of layer l, entries 0 or 1 / (1 - rate). Drawn from
 * (fit key, t, layer), so pass t is one network, whatever samples it is shown and however they are batched.
 */
export function monteCarloMasks(
  layers: readonly MaskLayer[],
  rate: number,
  passes: number,
  fitKey: string,
): Float32Array[] {
  return layers.map(({ name, units }) => {
    const masks = new Float32Array(passes * units);
    for (let t = 0; t < passes; t++) {
      const random = namedRandom(fitKey, 'monte-carlo', t, name);
      for (let unit = 0; unit < units; unit++) {
        masks[t * units + unit] = random.uniform() < rate ? 0 : 1 / (1 - rate);
      }
    }
    return masks;
  });
}

/** `images` are N samples as stored; rows of the arrays are in their order. `fitKey` names the masks. */
export function inferSignals(
  model: Model,
  images: Uint8Array,
  request: SignalRequest,
  fitKey: string,
  onProgress?: (done: number, total: number) => void,
): SignalArrays {
  const rowLength = sizeOf(model.spec.sampleShape);
  const samples = images.length / rowLength;
  const { classes, dropout } = model.spec;
  const passes = request.monteCarloPasses;
  const probabilities = request.probabilities ? new Float32Array(samples * classes) : undefined;
  const monteCarlo = passes > 0 ? new Float32Array(passes * samples * classes) : undefined;
  const layers = new Map(
    request.layers.map((layer) => [layer, new Float32Array(samples * (model.layerWidths.get(layer) ?? 0))]),
  );
  const masks =
    monteCarlo && dropout !== false ? monteCarloMasks(model.maskLayers, dropout, passes, fitKey) : [];
  for (let start = 0; start < samples; start += inferenceBatch) {
    const end = Math.min(start + inferenceBatch, samples);
    const piece = images.subarray(start * rowLength, end * rowLength);
    if (probabilities || layers.size > 0) {
      const signals = model.predict(piece, { probabilities: request.probabilities, layers: request.layers });
      if (signals.probabilities) probabilities?.set(signals.probabilities, start * classes);
      for (const [layer, values] of signals.layers) {
        layers.get(layer)?.set(values, start * (model.layerWidths.get(layer) ?? 0));
      }
    }
    if (monteCarlo) {
      const drawn = model.predictMonteCarlo(piece, masks);
      const width = (end - start) * classes;
      for (let t = 0; t < passes; t++) {
        monteCarlo.set(drawn.subarray(t * width, (t + 1) * width), (t * samples + start) * classes);
      }
    }
    onProgress?.(end, samples);
  }
  return { ...(probabilities && { probabilities }), ...(monteCarlo && { monteCarlo }), layers };
}
