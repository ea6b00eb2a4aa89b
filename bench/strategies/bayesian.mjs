// CPU seconds and memory of strategies that read Monte-Carlo passes, at a pool of 5,000, 100 passes, 10 classes:
// `nice node bench/strategies/bayesian.mjs [STRATEGY] [NOISE] [POOL] [K]`. The passes are one dropout mask each before a
// linear layer, the same mask for all samples; NOISE is added to each sample's logits by itself.
import { namedRandom, ndarray } from '@alarena/core';
import { getStrategy, parseParameters, plainTools } from '@alarena/strategies';

const [name = 'batch_bald', noise = '0', samples = '5000', k = '10'] = process.argv.slice(2);

function monteCarlo(samples, { passes = 100, classes = 10, width = 64, noise = 0 }) {
  const random = namedRandom('bench', 'bayesian');
  const normals = (count) => Float64Array.from({ length: count }, () => random.normal());
  const centres = normals(classes * width);
  const masks = Float64Array.from({ length: passes * width }, () => (random.uniform() < 0.5 ? 0 : 2));
  const data = new Float32Array(passes * samples * classes);
  const z = new Float64Array(width);
  const weights = new Float64Array(classes);
  for (let sample = 0; sample < samples; sample++) {
    const [own, other] = [random.below(classes) * width, random.below(classes) * width];
    const share = random.uniform() / 2;
    for (let d = 0; d < width; d++) {
      const centre = (1 - share) * centres[own + d] + share * centres[other + d];
      z[d] = 0.2 * Math.max(0, centre + 0.8 * random.normal());
    }
    for (let pass = 0; pass < passes; pass++) {
      let sum = 0;
      for (let c = 0; c < classes; c++) {
        let logit = noise * random.normal();
        for (let d = 0; d < width; d++) logit += centres[c * width + d] * z[d] * masks[pass * width + d];
        weights[c] = Math.exp(logit);
        sum += weights[c];
      }
      data.set(
        weights.map((weight) => weight / sum),
        (pass * samples + sample) * classes,
      );
    }
  }
  return ndarray('float32', [passes, samples, classes], data);
}

const pool = {
  ids: Int32Array.from({ length: Number(samples) }, (_, at) => at),
  signals: { monteCarlo: monteCarlo(Number(samples), { noise: Number(noise) }) },
};
const strategy = getStrategy(name);
const parameters = parseParameters(strategy.descriptor, undefined);
const before = process.cpuUsage();
const { ids, scores } = strategy.select(pool, Number(k), parameters, namedRandom(1), plainTools);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    name,
    cpuSeconds: (user + system) / 1e6,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    ids,
    last: scores.at(-1),
  }),
);
