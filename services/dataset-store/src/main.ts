// The data set store as a process of its own.

import { join } from 'node:path';
import { DEFAULT_CACHE_BYTES } from '@alarena/dataset';
import { runService } from '@alarena/platform';
import { z } from 'zod';
import { createDatasetServer } from './server.js';

await runService({
  name: 'dataset-store',
  defaultPort: 50_051,
  needsBus: false,
  shape: {
    /** Most bytes of data sets kept on the local disk. */
    cacheBytes: z.coerce.number().int().min(0).default(DEFAULT_CACHE_BYTES),
  },
  start: async ({ settings, platform }) => {
    const { store, home } = platform;
    const [workFolder, cacheFolder] = [join(home, 'tmp'), join(home, 'cache', 'shards')];
    const { cacheBytes } = settings;
    const { service } = createDatasetServer({ store, workFolder, cacheFolder, cacheBytes });
    return { services: [service] };
  },
});
