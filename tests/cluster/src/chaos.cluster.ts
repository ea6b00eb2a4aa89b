// Every part of an installation is killed with SIGKILL in mid-task and started again, in an order and with pauses drawn
// from a seed, while tasks are delivered twice and late: the same rounds as undisturbed, nothing lost, nothing failed,
// nothing done twice to another end.

import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectNats, JetStreamBus, type TaskMessage } from '@alarena/bus';
import { namedRandom, type Random, shuffle } from '@alarena/core';
import {
  makeBucket,
  type RunningNats,
  startMinio,
  startNats,
  temporaryFolder,
  waitFor,
} from '@alarena/testkit';
import { alarena, type CommandResult, type Installation, startInstallation } from './installation.js';
import { roundsOf } from './rounds.js';
import type { ServiceProcess } from './service-process.js';

const specOf = (name: string, seeds: readonly number[]): string => `
name: ${name}
dataset: mnist
model: { architecture: bayesian-cnn }
training: { epochs: 12, batchSize: 32, minStepsPerEpoch: 20, earlyStopping: false }
protocol:
  { poolSize: 500, initialLabels: 20, labelsPerRound: 20, rounds: 3, validationSize: 100, testSize: 2000, monteCarloPasses: 5 }
strategies: [random, margin, bald]
seeds: [${seeds.join(', ')}]
`;

/** Every part that is killed once. */
const victims = [
  'trainer-1',
  'trainer-2',
  'inference',
  'strategy',
  'dataset-store',
  'leader',
  'nats',
  's3',
] as const;
type Victim = (typeof victims)[number];

/** So that a lost worker's task is with another one soon. All services are told the same. */
const ackWaitMs = 4_000;

describe('chaos', () => {
  let folder: string;
  /** Of each comparison, undisturbed. */
  const expected = new Map<number, string[]>();
  const cleanUp: (() => Promise<unknown>)[] = [];
  before(async () => {
    folder = await temporaryFolder({ after: (callback) => cleanUp.push(async () => callback()) });
    await expectedOf(0);
  });
  after(async () => {
    for (const step of cleanUp) await step();
  });

  /** The file of a comparison that shares no task with those of other numbers. */
  async function specFile(number: number): Promise<string> {
    const path = join(folder, `chaos-${number}.yaml`);
    await writeFile(path, specOf(`chaos-${number}`, [2 * number, 2 * number + 1]));
    return path;
  }

  async function expectedOf(number: number): Promise<string[]> {
    const known = expected.get(number);
    if (known !== undefined) return known;
    const out = join(folder, `undisturbed-${number}`);
    const run = await alarena(['compare', await specFile(number), '--json', '--out', out], {
      ALARENA_HOME: join(folder, 'embedded'),
    });
    assert.equal(run.status, 0, run.stderr);
    const rounds = await roundsOf(out);
    expected.set(number, rounds);
    return rounds;
  }

  for (const seed of [1, 2, 3]) {
    test(`of schedule ${seed} changes nothing in the rounds`, async (t) => {
      const random = namedRandom('chaos', seed);
      const home = join(folder, `schedule-${seed}`);
      const [nats, s3] = [await startNats(), await startMinio()];
      t.after(() => Promise.all([nats.stop(), s3.stop()]).then(() => {}));
      await makeBucket(s3, 'alarena');
      const cluster = await startInstallation(t, {
        ...{ nats, s3, bucket: 'alarena', folder: home, trainers: 2, orchestrators: 2 },
        env: { ALARENA_NATS_ACK_WAIT_MS: String(ackWaitMs) },
        logLevel: 'debug',
      });
      const replays = await replayTasks(nats, random);
      t.after(() => replays.close());

      const begin = async (number: number): Promise<Comparing> =>
        submitted(cluster, await specFile(number), join(home, `report-${number}`));
      const order = shuffled(victims, random);
      const killed: string[] = [];
      await waitFor('a leader', () => cluster.leads());
      const comparisons = [await begin(0)];
      for (const victim of order) {
        const kill = killerOf(victim, cluster, { nats, s3 });
        // One that ends before everything was killed is followed by another, for the rest.
        for (;;) {
          const { ended, result } = comparisons.at(-1) ?? assert.fail();
          if (await kill.inMidWork(ended)) break;
          assertDone(await result);
          assert.ok(comparisons.length < 3, `${victim} was to be killed in one of three comparisons`);
          comparisons.push(await begin(comparisons.length));
        }
        await kill.kill();
        killed.push(victim);
        await delay(200 + random.below(1_500));
        await kill.start();
      }
      const results = await Promise.all(comparisons.map(({ result }) => result));
      t.diagnostic(`killed in this order: ${killed.join(', ')}; ${replays.count} tasks delivered again`);
      for (const [number, result] of results.entries()) {
        assertDone(result);
        assert.deepEqual(await roundsOf(join(home, `report-${number}`)), await expectedOf(number));
      }
      assert.deepEqual(replays.deadLetters, []);
      assert.ok(replays.count > 0, 'tasks were delivered again');
      await replays.stop();
      for (const { name, log } of cluster.services.values()) {
        assert.doesNotMatch(log, /another result than the one that stands/, name);
        assert.doesNotMatch(log, /"msg":"task failed"/, name);
      }
      await waitFor('all queues to be empty', () => replays.queuesAreEmpty(), 120_000);
      await replays.close();
    });
  }
});

interface Comparing {
  /** Aborts when it has ended. */
  readonly ended: AbortSignal;
  /** Of its report. */
  readonly result: Promise<CommandResult>;
}

/** Submits a comparison; its report goes into `out` when it has ended. */
async function submitted(cluster: Installation, specFile: string, out: string): Promise<Comparing> {
  const answer = await persistently(cluster, ['submit', specFile, '--json']);
  assertDone(answer);
  const { id }: { id?: string } = JSON.parse(answer.stdout);
  const ended = new AbortController();
  const result = persistently(cluster, ['watch', String(id), '--json'])
    .then(async (watched) =>
      watched.status === 0 ? persistently(cluster, ['report', String(id), '--json', '--out', out]) : watched,
    )
    .finally(() => ended.abort());
  result.catch(() => {});
  return { ended: ended.signal, result };
}

function assertDone({ status, stdout, stderr }: CommandResult): void {
  assert.equal(status, 0, `${stderr}\n${stdout}`);
}

/** The command line waits some seconds for a server that is away; one on a busy machine may be away for longer. */
async function persistently(cluster: Installation, args: readonly string[]): Promise<CommandResult> {
  for (let left = 10; ; left--) {
    const result = await cluster.alarena(args);
    const away = result.status !== 0 && /"code": "(unavailable|deadline-exceeded)"/.test(result.stdout);
    if (!away || left === 0) return result;
    await delay(1_000);
  }
}

interface Killer {
  /** Resolves when it is in the middle of something; false when the comparison ended first. */
  inMidWork(ended: AbortSignal): Promise<boolean>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

interface Servers {
  readonly nats: { kill(): Promise<void>; restart(): Promise<void> };
  readonly s3: { kill(): Promise<void>; restart(): Promise<void> };
}

function killerOf(victim: Victim, cluster: Installation, servers: Servers): Killer {
  if (victim === 'nats' || victim === 's3') {
    const server = servers[victim];
    const workers = [...cluster.all('trainer'), ...cluster.all('inference')];
    return {
      inMidWork: (ended) => begun(workers, ended),
      kill: () => server.kill(),
      start: () => server.restart(),
    };
  }
  const service = victim === 'leader' ? cluster.leader() : cluster.get(victim);
  // Neither has tasks of its own: they are killed while others work.
  const watched = victim === 'leader' || victim === 'dataset-store' ? cluster.all('trainer') : [service];
  return {
    inMidWork: (ended) => begun(watched, ended),
    kill: () => service.kill(),
    start: async () => service.start(),
  };
}

/** A task begins in one of the processes, from now on. */
async function begun(services: readonly ServiceProcess[], ended: AbortSignal): Promise<boolean> {
  const count = (): number => services.reduce((sum, { tasksBegun }) => sum + tasksBegun, 0);
  const before = count();
  await waitFor('a task to begin', () => ended.aborted || count() > before, 300_000);
  return !ended.aborted;
}

function shuffled(values: readonly Victim[], random: Random): Victim[] {
  const order = shuffle(
    Int32Array.from(values, (_, i) => i),
    random,
  );
  return Array.from(order, (i) => values[i] as Victim);
}

interface Replays {
  readonly count: number;
  readonly deadLetters: readonly string[];
  queuesAreEmpty(): Promise<boolean>;
  /** No more of it. */
  stop(): Promise<void>;
  /** Ends the connection as well, which would keep this process alive. */
  close(): Promise<void>;
}

/** Hears every task that is published and publishes many of them again later, done or not. */
async function replayTasks(nats: RunningNats, random: Random): Promise<Replays> {
  const link = await connectNats({ servers: [nats.url] });
  const bus = await JetStreamBus.open(link, { ackWaitMs });
  const ending = new AbortController();
  // Every task that waits to be published again listens to it.
  setMaxListeners(0, ending.signal);
  const pending = new Set<Promise<void>>();
  const queues = new Set<string>();
  const deadLetters: string[] = [];
  let count = 0;
  let closed: Promise<void> | undefined;
  const again = async (task: TaskMessage, afterMs: number): Promise<void> => {
    await delay(afterMs, undefined, { signal: ending.signal }).catch(() => {});
    if (ending.signal.aborted) return;
    const outcome = await bus.publishTask(task).catch(() => 'lost');
    if (outcome === 'queued') count++;
  };
  const tasks = link.connection.subscribe('task.>', {
    callback: (_, message) => {
      const [, kind, pool, key = ''] = message.subject.split('.');
      const queue = `task.${kind}.${pool}`;
      queues.add(queue);
      if (random.uniform() < 0.5) return;
      const headers: Record<string, string> = {};
      for (const name of message.headers?.keys() ?? []) headers[name] = message.headers?.get(name) ?? '';
      const late = again({ queue, key, payload: message.data, headers }, random.below(8_000)).finally(() =>
        pending.delete(late),
      );
      pending.add(late);
    },
  });
  const dead = (async () => {
    for await (const { subject } of bus.subscribe('dead.>', { signal: ending.signal }))
      deadLetters.push(subject);
  })();
  const stop = async (): Promise<void> => {
    tasks.unsubscribe();
    ending.abort();
    await Promise.all(pending);
    await dead;
  };
  return {
    get count() {
      return count;
    },
    deadLetters,
    queuesAreEmpty: async () => {
      const states = await Promise.all([...queues].map((queue) => bus.queueState(queue)));
      return states.every(({ waiting, inFlight }) => waiting + inFlight === 0);
    },
    stop,
    close: () => {
      closed ??= stop().then(() => bus.close());
      return closed;
    },
  };
}
