// The computing child of the tests: fits and infers, and dies of one kind of task.

import { serveTasks } from './child.js';
import { fitOn, inferOn } from './small-comparison.fixture.js';

await serveTasks({
  fit: fitOn,
  infer: inferOn,
  embed: () => async () => process.exit(9),
});
