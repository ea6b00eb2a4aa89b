// The orchestrator as its process has it, leader by the lock in NATS, and a look at its memory.
import { createGrpcServer } from '../../libs/grpc/dist/index.js';
import { joinPool } from '../../libs/tasks/dist/index.js';
import {
  announcedCapacity,
  announcedProfile,
  createOrchestrator,
  ElectedLeadership,
  keyValueLock,
} from '../../services/orchestrator/dist/index.js';
import { openInstallation, pool, profile, version } from './installation.mjs';
import { answer } from './peer.mjs';

let installation;
let orchestrator;
let server;

answer({
  open: async (where) => {
    installation = await openInstallation(where, 'orchestrator');
    const { bus, store, logger, buckets } = installation;
    // As a pool that has had workers before.
    await joinPool(buckets.pools, { pool, version, profile }, logger);
    const lock = keyValueLock(await bus.openBucket({ name: 'leader' }), 'orchestrator');
    orchestrator = createOrchestrator({
      ...{ store, bus, logger },
      parallelism: 64,
      comparisons: await bus.openBucket({ name: 'comparisons' }),
      leadership: new ElectedLeadership({ lock, candidate: `bench-${process.pid}`, logger }),
      profile: announcedProfile(buckets.pools, pool, version, { timeoutMs: 5_000, logger }),
      capacity: (onChange, signal) => announcedCapacity({ ...buckets, pool, logger, signal, onChange }),
      versions: { alarena: version },
    });
    await orchestrator.resumeInterrupted();
    server = createGrpcServer({ services: [orchestrator.registration], logger, reflection: false });
    return `127.0.0.1:${await server.start({ host: '127.0.0.1', port: 0 })}`;
  },
  leads: () => orchestrator.isLeader(),
  /** Bytes: heap after a collection, and resident now and at most. */
  memory: () => {
    global.gc();
    global.gc();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heapUsed, external, peakRss: process.resourceUsage().maxRSS * 1024 };
  },
  close: async () => {
    await orchestrator.close();
    await server.shutdown({ limitMs: 0 });
    await installation.bus.close();
  },
});
