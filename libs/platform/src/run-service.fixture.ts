// A service as small as can be, as a process: it serves nothing, and says when it has started.

import { z } from 'zod';
import { runService } from './run-service.js';

await runService({
  name: 'fixture',
  defaultPort: 0,
  needsBus: true,
  shape: { size: z.coerce.number().int().min(1).default(1) },
  prepare: async (_, logger) => logger.info('prepared'),
  start: async ({ platform, logger }) => {
    await platform.connectBus();
    logger.info('started');
    return { services: [] };
  },
});
