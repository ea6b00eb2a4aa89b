// Tasks of a given length on 16 slots against the least time they could take, and how quickly a task begins.
import { join } from 'node:path';
import { Peer } from './peer.mjs';
import { startServers } from './servers.mjs';
import { ms, percent, quantile, row, table } from '../shared/table.mjs';

const workers = 2;
const slotsEach = 8;
const slots = workers * slotsEach;

/** As `{ count, seconds }`: shorter and shorter ones, then more and more of the same. */
const lengths = [
  { count: 320, seconds: 1 },
  { count: 640, seconds: 0.5 },
  { count: 1600, seconds: 0.1 },
];
const counts = [320, 640, 1280].map((count) => ({ count, seconds: 0.25 }));
const usual = { folder: [...lengths, ...counts], minio: [{ count: 320, seconds: 1 }] };

async function openStage(where, logs) {
  const log = (name) => join(logs, `${name}.log`);
  const dispatcher = new Peer('dispatcher.mjs', log('dispatcher'));
  const sides = Array.from({ length: workers }, (_, i) => new Peer('worker.mjs', log(`worker-${i + 1}`)));
  const { nats, store } = where;
  await Promise.all([dispatcher, ...sides].map((peer) => peer.call('open', { nats, store })));
  await Promise.all(sides.map((side) => side.call('start', { kinds: ['fit'], slots: slotsEach })));
  await dispatcher.call('untilSlots', { slots });
  let runs = 0;
  const cpu = async () => ({
    dispatcher: await dispatcher.call('cpu'),
    workers: (await Promise.all(sides.map((side) => side.call('cpu')))).reduce((a, b) => a + b),
    nats: await where.natsCpu(),
  });
  return {
    /** Wall and processor seconds, and of each task how long its steps took. */
    run: async ({ count, seconds, oneByOne = false }) => {
      await Promise.all(sides.map((side) => side.call('takeSeconds', seconds)));
      const before = await cpu();
      const run = (++runs).toString(16);
      const { seconds: wall, times } = await dispatcher.call('run', { run, count, oneByOne });
      const after = await cpu();
      const handled = new Map((await Promise.all(sides.map((side) => side.call('times')))).flat());
      const steps = times.map(({ key, asked, published, answered }) => {
        const [began, ended] = handled.get(key);
        return { publish: published - asked, start: began - published, answer: answered - ended, began };
      });
      const asked = Math.min(...times.map((one) => one.asked));
      const begun = steps.map(({ began }) => began).sort((a, b) => a - b);
      // Until every slot has its first task.
      const ramp = begun[slots - 1] - asked;
      const used = Object.fromEntries(Object.entries(after).map(([name, s]) => [name, s - before[name]]));
      return { count, taskSeconds: seconds, wall, ramp, cpu: used, steps };
    },
    close: () => Promise.all([dispatcher, ...sides].map((peer) => peer.close())),
  };
}

function summary({ steps: _, ...measured }, store) {
  const { count, taskSeconds, wall, ramp } = measured;
  const ideal = (Math.ceil(count / slots) * slots * taskSeconds) / slots;
  const idle = (wall - ideal - ramp) / Math.ceil(count / slots);
  return { store, ...measured, ideal, overhead: wall / ideal - 1, idle };
}

function overheadRow({ store, count, taskSeconds, ideal, wall, overhead, ramp, idle, cpu }) {
  const each = (seconds) => ms(seconds / count);
  row([
    ...[
      `${count} x ${taskSeconds} s`,
      store,
      ideal.toFixed(1),
      wall.toFixed(2),
      percent(overhead),
      ms(ramp),
      ms(idle),
    ],
    ...[each(cpu.dispatcher), each(cpu.workers), each(cpu.nats)],
  ]);
}

/** `plan`: such as `10000x1,640x0.5`, in place of the usual ones. */
export async function measureOverhead({ logs, stores, plan }) {
  const wanted = plan.split(',').filter((one) => one !== '');
  const asked = wanted.map((one) => {
    const [count, seconds] = one.split('x').map(Number);
    return { count, seconds };
  });
  table([
    ...[
      'tasks',
      'store',
      'least, s',
      'took, s',
      'overhead',
      'all slots busy after, ms',
      'slot idle between tasks, ms',
    ],
    ...['CPU a task, ms: dispatcher', 'workers', 'NATS'],
  ]);
  const results = [];
  for (const store of stores) {
    const servers = await startServers(store);
    const stage = await openStage(servers, logs);
    try {
      // Code is compiled, connections are warm.
      await stage.run({ count: 200, seconds: 0 });
      for (const one of asked.length > 0 ? asked : usual[store]) {
        results.push(summary(await stage.run(one), store));
        overheadRow(results.at(-1));
      }
    } finally {
      await stage.close();
      await servers.stop();
    }
  }
  return results;
}

/** Tasks of no length: the most that can go through; and how long one by itself takes. */
export async function measureTasks({ logs, stores }) {
  const results = [];
  for (const store of stores) {
    const servers = await startServers(store);
    const stage = await openStage(servers, logs);
    try {
      await stage.run({ count: 500, seconds: 0 });
      const { wall, count, cpu } = await stage.run({ count: 2000, seconds: 0 });
      const { steps } = await stage.run({ count: 200, seconds: 0, oneByOne: true });
      const of = (step) => {
        const values = steps.map((one) => one[step]);
        return { median: quantile(values, 0.5), p99: quantile(values, 0.99) };
      };
      const latency = { publish: of('publish'), start: of('start'), answer: of('answer') };
      results.push({ store, tasksPerSecond: count / wall, cpu, count, latency });
    } finally {
      await stage.close();
      await servers.stop();
    }
  }
  const latencies = ({ latency }) =>
    ['publish', 'start', 'answer'].map((step) => `${ms(latency[step].median)} / ${ms(latency[step].p99)}`);
  table(
    [
      ...['store', 'tasks/s at most', 'asked to published, ms (median / p99)'],
      ...['published to begun', 'ended to answered'],
    ],
    results.map((one) => [one.store, one.tasksPerSecond.toFixed(0), ...latencies(one)]),
  );
  return results;
}
