// Run by a test as a process of its own: trains bayesian-cnn briefly and prints the losses and a digest of the
// weights. Argument: thread count.

import { createHash } from 'node:crypto';
import { bytesOf, namedRandom } from '@alarena/core';
import { loadTensorflow } from '../tensorflow/binding.js';
import { openModel } from './compiled-model.js';
import { bars, cnn } from './testing.fixture.js';

loadTensorflow({ threads: Number(process.argv[2]) });
const model = openModel(cnn, { name: 'adam' });
model.initialise(namedRandom('weights'));
const batch = bars(16, cnn);
const losses = Array.from({ length: 5 }, (_, step) =>
  model.trainStep(batch, { learningRate: 1e-3, dropoutSeed: [0, step] }),
);
const hash = createHash('sha256');
for (const array of model.getWeights().values()) hash.update(bytesOf(array));
process.stdout.write(JSON.stringify({ losses, digest: hash.digest('hex') }));
model.dispose();
