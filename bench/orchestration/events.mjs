// Events of a comparison at a steady rate: how many the bus brings to another process, and how many the orchestrator
// tells its watchers.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Peer } from './peer.mjs';
import { openStage, specOf } from './stage.mjs';
import { table } from '../shared/table.mjs';

const cells = 100;
const poolSize = 200;
const seconds = 2;
/** The last one is more than a process can publish. */
const busRates = [10_000, 1_000_000];
const watchRates = [1000, 3000, 10_000];
const watcherCounts = [1, 10];

export async function measureEvents({ logs }) {
  const stage = await openStage(logs, poolSize);
  const { watchers, orchestrator } = stage;
  const publisher = new Peer('watchers.mjs', join(logs, 'publisher.log'));
  const bus = [];
  const watch = [];
  try {
    await publisher.call('open', { nats: stage.servers.nats, orchestrator: '' });
    // Nobody works on it, so that there are no events but these.
    const { id } = await stage.submit(specOf(cells, poolSize), cells);
    await stage.untilAllRun(id);
    await watchers.call('listen', { id });
    const measure = async (rate) => {
      const { heard: before } = await watchers.call('told');
      const cpu = await orchestrator.call('cpu');
      const published = await publisher.call('publish', { id, rate, seconds });
      await delay(1_000);
      const { watchers: told, heard } = await watchers.call('told');
      return {
        ...{ published, lost: published - (heard.events - before.events) },
        told: told.reduce((sum, { tasks }) => sum + tasks, 0),
        cpu: (await orchestrator.call('cpu')) - cpu,
      };
    };
    for (const rate of busRates) bus.push(await measure(rate));
    for (const count of watcherCounts) {
      for (const rate of watchRates) {
        await watchers.call('watch', { id, count });
        watch.push({ watchers: count, ...(await measure(rate)) });
        await watchers.call('leave');
      }
    }
  } finally {
    await publisher.close();
    await stage.close();
  }
  const perSecond = (events) => (events / seconds).toFixed(0);
  table(
    ['on the bus: published/s', 'lost'],
    bus.map(({ published, lost }) => [perSecond(published), lost]),
  );
  table(
    ['watchers', 'published/s', 'told to each/s', 'left out', 'CPU of the orchestrator'],
    watch.map(({ watchers: count, published, told, cpu }) => [
      ...[count, perSecond(published), perSecond(told / count)],
      ...[
        `${((1 - told / count / published) * 100).toFixed(1)} %`,
        `${((cpu / (seconds + 1)) * 100).toFixed(0)} %`,
      ],
    ]),
  );
  return { seconds, bus, watch };
}
