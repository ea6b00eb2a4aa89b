// Our side of the benchmark. Reads one request a line, `{ workload, images }`, and answers `{ seconds }`.
// Argument: thread count.
import { createInterface } from 'node:readline';
import { loadTensorflow, openModel } from '../../libs/compute/dist/index.js';
import { namedRandom } from '../../libs/core/dist/index.js';

loadTensorflow({ threads: Number(process.argv[2]) });

const poolSize = 60_000;
const passes = 10;
const random = namedRandom('bench');

function openWorkload({ architecture, shape, dropout, optimizer }) {
  const [height, width, depth] = shape;
  const model = openModel(
    {
      architecture,
      sampleShape: shape,
      classes: 10,
      dropout,
      normalisation: { mean: new Array(depth).fill(0.13), std: new Array(depth).fill(0.31) },
    },
    optimizer,
  );
  model.initialise(random);
  const size = height * width * depth;
  const words = new Uint32Array((poolSize * size) / 4);
  for (let i = 0; i < words.length; i++) words[i] = random.uint32();
  const labels = Int32Array.from({ length: poolSize }, () => random.below(10));
  return { model, size, images: new Uint8Array(words.buffer), labels };
}

const cnn = { architecture: 'bayesian-cnn', shape: [28, 28, 1], dropout: 0.5, optimizer: { name: 'adam' } };
const resnet = {
  architecture: 'resnet18',
  shape: [32, 32, 3],
  dropout: 0.1,
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
};
const opened = new Map();

function get(spec) {
  const found = opened.get(spec.architecture) ?? openWorkload(spec);
  opened.set(spec.architecture, found);
  return found;
}

let step = 0;
function train(spec, count, batch) {
  const { model, size, images, labels } = get(spec);
  for (let done = 0; done < count; done += batch) {
    const start = done % (poolSize - batch);
    model.trainStep(
      {
        images: images.slice(start * size, (start + batch) * size),
        labels: labels.slice(start, start + batch),
      },
      { learningRate: 1e-4, dropoutSeed: [1, step++] },
    );
  }
}

function monteCarlo(count) {
  const { model, size, images } = get(cnn);
  const masks = model.maskLayers.map(({ units }) =>
    Float32Array.from({ length: passes * units }, () => (random.uniform() < 0.5 ? 0 : 2)),
  );
  model.predictMonteCarlo(images.subarray(0, count * size), masks);
}

const workloads = {
  'bayesian-cnn train 32': (count) => train(cnn, count, 32),
  'bayesian-cnn train 64': (count) => train(cnn, count, 64),
  'bayesian-cnn Monte-Carlo T=10': monteCarlo,
  'bayesian-cnn predict': (count) => {
    const { model, size, images } = get(cnn);
    model.predict(images.subarray(0, count * size), { probabilities: true, layers: [] });
  },
  'resnet18 train 64': (count) => train(resnet, count, 64),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { workload, images } = JSON.parse(line);
  const start = performance.now();
  workloads[workload](images);
  process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - start) / 1000 })}\n`);
}
