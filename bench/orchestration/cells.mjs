// Comparisons of many cells through the real orchestrator: its memory, and what a watcher gets.
import { comparison } from '../../libs/api/dist/index.js';
import { now } from './peer.mjs';
import { openStage, rounds, specOf } from './stage.mjs';
import { mebibytes, row, table } from '../shared/table.mjs';

const cellCounts = [100, 300, 1000];

export async function measureCells({ logs, pool }) {
  const results = [];
  table([
    ...['cells at once', 'submit, s', 'all begun, s', 'heap: empty', 'all cells waiting', 'after the end'],
    ...['resident: empty', 'most', 'took, s', 'tasks/s', 'CPU, s: orchestrator', 'workers', 'NATS'],
  ]);
  for (const cells of cellCounts) {
    const stage = await openStage(logs, pool);
    const { orchestrator, watchers, servers } = stage;
    try {
      const empty = await orchestrator.call('memory');
      const submitted = now();
      const { id, seconds } = await stage.submit(specOf(cells, pool), cells);
      await watchers.call('watch', { id, count: 1 });
      await stage.untilAllRun(id);
      await watchers.call('listen', { id });
      const begun = now() - submitted;
      const waiting = await orchestrator.call('memory');
      const cpu = async () => ({
        orchestrator: await orchestrator.call('cpu'),
        workers: await stage.workersCpu(),
        nats: await servers.natsCpu(),
      });
      const before = await cpu();
      const began = now();
      await stage.startWorkers();
      await watchers.call('untilEnd');
      const took = now() - began;
      const used = Object.entries(await cpu()).map(([name, value]) => [name, value - before[name]]);
      const ended = await orchestrator.call('memory');
      const { watchers: told, heard } = await watchers.call('told');
      const { comparison: end } = await stage.client.getComparison({ id }, { timeoutMs: 120_000 });
      const tasks = await stage.tasksDone();
      const result = {
        ...{ cells, pool, submit: seconds, begun, memory: { empty, waiting, ended }, took },
        ...{ cpu: Object.fromEntries(used), heard, told, tasks },
        isDone: end.status === comparison.Status.STATUS_DONE,
        lostRounds: cells * rounds - told[0].rounds,
      };
      results.push(result);
      cellRow(result);
    } finally {
      await stage.close();
    }
  }
  table(
    ['cells', 'events on the bus', 'lost', 'events/s', 'told to a watcher', 'rounds not told', 'done'],
    results.map(({ cells, heard: { events, first, last }, told: [one], took, lostRounds, isDone }) => [
      ...[cells, events, last - first + 1 - events, (events / took).toFixed(0)],
      ...[one.cells + one.tasks, lostRounds, isDone],
    ]),
  );
  return results;
}

function cellRow({ cells, submit, begun, memory: { empty, waiting, ended }, took, tasks, cpu }) {
  row([
    ...[cells, submit.toFixed(2), begun.toFixed(1)],
    ...[empty, waiting, ended].map(({ heapUsed }) => `${mebibytes(heapUsed)} MB`),
    ...[`${mebibytes(empty.rss)} MB`, `${mebibytes(ended.peakRss)} MB`],
    ...[took.toFixed(1), (tasks / took).toFixed(0)],
    ...[cpu.orchestrator, cpu.workers, cpu.nats].map((seconds) => seconds.toFixed(1)),
  ]);
}
