// The strategy service's computing child process. Picks do not depend on TensorFlow: it only multiplies faster.

import { MatricesAtHand } from '@alarena/compute';
import { servePlainTasks } from '@alarena/worker';
import { runSelect } from './domain/run-select.js';

await servePlainTasks({
  select: ({ store, threads }) => runSelect({ store, threads, matrices: new MatricesAtHand({ threads }) }),
});
