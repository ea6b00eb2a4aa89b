// What the workers of a pool do, as metrics.

import { meter } from '@alarena/telemetry';
import type { WorkerMetrics } from './metrics.js';

/** Call after metrics were started. */
export function taskMetrics(pool: string): WorkerMetrics {
  const tasks = meter().createCounter('alarena_tasks', { description: 'Tasks that came to an end here.' });
  const seconds = meter().createHistogram('alarena_task_seconds', { description: 'Time of a task in work.' });
  const waited = meter().createHistogram('alarena_task_wait_seconds', {
    description: 'Time from publishing a task to its start.',
  });
  return {
    started: ({ kind, waitedSeconds }) => {
      if (waitedSeconds !== undefined) waited.record(waitedSeconds, { kind, pool });
    },
    ended: ({ kind, outcome, seconds: took }) => {
      tasks.add(1, { kind, pool, outcome });
      if (took !== undefined) seconds.record(took, { kind, pool, outcome });
    },
  };
}
