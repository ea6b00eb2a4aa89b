// The orchestrator as a process of its own, one of several: each answers, one leads.

import type { Forwarding } from '@alarena/grpc';
import { alarenaVersion, openWorkerBuckets, runService, workerId } from '@alarena/platform';
import { announcedProfile } from './adapters/announced-profile.js';
import { observeOrchestrator, roundSeconds } from './adapters/observe-orchestrator.js';
import { openLeadership } from './adapters/open-leadership.js';
import { announcedCapacity } from './adapters/queue-capacity.js';
import { upkeep } from './adapters/upkeep.js';
import { openUpstream } from './adapters/upstream.js';
import { liftDrains } from './domain/scaling/lift-drains.js';
import { observeCluster } from './domain/scaling/observe-cluster.js';
import { Scaler } from './domain/scaling/scaler.js';
import { leaderWindow, tellQueues, windowBucket } from './domain/scaling/told-queues.js';
import { clusterService } from './handlers/cluster-service.js';
import { createOrchestrator, type Orchestrator } from './server.js';
import { leadershipOf, type Settings, shape } from './settings.js';

/** Opened with the settings, so that faults in its files are told with theirs. */
let upstream: readonly Forwarding[] = [];

await runService({
  name: 'orchestrator',
  defaultPort: 50_050,
  needsBus: true,
  shape,
  prepare: async (settings, logger) => {
    upstream = await openUpstream(settings, logger);
  },
  start: async ({ settings, platform, logger, signal }) => {
    const { store } = platform;
    const { pool, parallelism } = settings;
    const bus = await platform.connectBus();
    const buckets = await openWorkerBuckets(bus);
    const { workers, pools } = buckets;
    const version = alarenaVersion();
    const kubernetes = await kubernetesOf(settings);
    const workloads = kubernetes?.workloads(settings.release);
    const candidate = workerId(process.env);
    const { leadership, leader } = await openLeadership({ settings, bus, kubernetes, logger, candidate });
    const queues: Orchestrator['queues'] = () => orchestrator.queues();
    const window = await bus.openBucket(windowBucket);
    const cluster = { ...buckets, bus, queues, pool, version, logger };
    const scaler =
      settings.scaler === 'builtin' && workloads !== undefined
        ? new Scaler({ ...cluster, workloads, idleMs: settings.idleSeconds * 1000 })
        : undefined;
    const gcEveryMs = settings.gcHours * 3_600_000;
    const orchestrator: Orchestrator = createOrchestrator({
      ...{ store, bus, logger, parallelism, leadership },
      comparisons: await bus.openBucket({ name: 'comparisons' }),
      profile: announcedProfile(pools, pool, version, { timeoutMs: settings.profileWaitMs, logger }),
      capacity: (onChange, ended) =>
        announcedCapacity({ workers, pools, pool, logger, signal: ended, onChange }),
      alongside: async (leading) => {
        await Promise.all([
          scaler === undefined ? liftDrains({ ...buckets, logger }, leading) : scaler.run(leading),
          tellQueues({ window, queues, logger }, leading),
          upkeep({ orchestrator, store, gcEveryMs, logger }, leading),
        ]);
      },
      retention: {
        weights: settings.keepWeights,
        graceMs: settings.gcGraceMinutes * 60_000,
        quotaBytes: settings.storeQuotaBytes,
      },
      metrics: scaler?.metrics,
      onRoundSeconds: roundSeconds(),
      versions: { alarena: version, node: process.versions.node },
    });
    const { quota, collectGarbage, isLeader } = orchestrator;
    observeOrchestrator({ orchestrator, bus, logger, signal });
    observeCluster({ ...cluster, isLeader, workloads: () => scaler?.seen ?? [] });
    await orchestrator.resumeInterrupted();
    return {
      services: [
        orchestrator.registration,
        clusterService({
          ...{ ...cluster, leader, workloads, quota, collectGarbage },
          window: () => leaderWindow({ window, queues, isLeader }),
          scaler: scaler === undefined ? '' : 'builtin',
        }),
        ...upstream,
      ],
      ready: () => orchestrator.ready(),
      // Before the last calls have ended, so that the next leader need not wait for them.
      leave: () => orchestrator.close(),
      close: async () => {
        for (const service of upstream) service.close();
      },
    };
  },
});

/** Undefined where nothing is asked of Kubernetes. */
async function kubernetesOf(settings: Settings) {
  if (leadershipOf(settings) === 'nats' && settings.scaler === 'none') return undefined;
  const { openKubernetes } = await import('./adapters/kubernetes/open-kubernetes.js');
  return openKubernetes();
}
