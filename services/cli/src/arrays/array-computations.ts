// The child process that reads arrays and works on them. Matrix products are TensorFlow's where that is installed; results
// do not depend on it.

import { MatricesAtHand, serveComputations } from '@alarena/compute';
import type { Tools } from '@alarena/strategies';
import { clusterFile } from './cluster-file.js';
import type { ArrayTasks } from './compute-arrays.js';
import { pickFromFiles } from './pick-from-files.js';

const matrices = new MatricesAtHand();
const toolsWith = (progress: Tools['progress']): Tools => ({ matrices, progress });

// The parent is this program: what it sends has the types of ArrayTasks.
serveComputations({
  pick: async (payload, { progress }) =>
    pickFromFiles(payload as ArrayTasks['pick']['request'], toolsWith(progress)),
  cluster: async (payload, { progress }) =>
    clusterFile(payload as ArrayTasks['cluster']['request'], toolsWith(progress)),
});
