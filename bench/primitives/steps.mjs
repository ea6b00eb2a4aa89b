// Some training steps of resnet18 (32 x 32, batch 64, float32), with a mark before those that count.
// Arguments: thread count, number of steps.
import { loadTensorflow, openModel } from '../../libs/compute/dist/index.js';
import { namedRandom } from '../../libs/core/dist/index.js';

const [threads, steps] = process.argv.slice(2).map(Number);
const batchSize = 64;
const warmUp = 2;

loadTensorflow({ threads });
const random = namedRandom('primitives');
const model = openModel(
  {
    architecture: 'resnet18',
    sampleShape: [32, 32, 3],
    classes: 10,
    dropout: 0.1,
    normalisation: { mean: [0.13, 0.13, 0.13], std: [0.31, 0.31, 0.31] },
  },
  { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
);
model.initialise(random);
const images = Uint8Array.from({ length: batchSize * 32 * 32 * 3 }, () => random.below(256));
const labels = Int32Array.from({ length: batchSize }, () => random.below(10));
let began = 0;
for (let step = 0; step < warmUp + steps; step++) {
  if (step === warmUp) {
    process.stdout.write('counting\n');
    began = performance.now();
  }
  model.trainStep({ images, labels }, { learningRate: 1e-3, dropoutSeed: [1, step] });
}
process.stdout.write(`counted ${(performance.now() - began) / steps}\n`);
