// The end of a real process on a real NATS server: what it is told to stop in the middle of.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { training } from '@alarena/api';
import { connectNats, type Delivery, JetStreamBus } from '@alarena/bus';
import { createClient } from '@alarena/grpc';
import { openWorkerBuckets } from '@alarena/platform';
import { FilesystemStore } from '@alarena/store';
import { type Dispatched, readWorkers, TaskDispatcher, type WorkerEntry } from '@alarena/tasks';
import { captureLog, deferred, startNats, waitFor, within, writeSyntheticDataset } from '@alarena/testkit';
import { fitTask } from './test-support/fit-task.js';
import { fitRequest } from './test-support/trainer-home.js';
import { startTrainerProcess, type TrainerProcess } from './test-support/trainer-process.js';

/** Far longer than a fit that is to end. */
const ample = '600000';
/** A process that computes begins slowly where many share the machine. */
const limitMs = 180_000;
/** Epochs of a fit of a few seconds, and of one that goes on for hours. */
const [some, endless] = [200, 1_000_000];
const { logger } = captureLog();

interface Installation {
  readonly trainer: TrainerProcess;
  readonly bus: JetStreamBus;
  readonly queue: string;
  /** Asks for a fit. */
  fit(seed: number, epochs: number, onProgress?: () => void): Promise<Dispatched<'fit'>>;
  /** The same, and waits until it is in work. */
  begin(seed: number, epochs: number): Promise<{ readonly result: Promise<Dispatched<'fit'>> }>;
}

async function open(t: TestContext, shutdownLimitMs: string): Promise<Installation> {
  const nats = await startNats();
  t.after(() => nats.stop());
  const trainer = await startTrainerProcess(t, nats, { ALARENA_TRAINER_SHUTDOWN_LIMIT_MS: shutdownLimitMs });
  const bus = await JetStreamBus.open(await connectNats({ servers: [nats.url] }));
  const store = new FilesystemStore(join(trainer.home, 'store'));
  const dataset = await writeSyntheticDataset(store, join(trainer.home, 'tmp'));
  const dispatcher = new TaskDispatcher({ bus, store, logger });
  t.after(async () => {
    await dispatcher.close();
    await bus.close();
  });
  await trainer.said('taking tasks');
  const { numerics } = await waitFor('the worker', () => workerOf(bus));
  const fit: Installation['fit'] = async (seed, epochs, onProgress = () => {}) => {
    const task = await fitTask({ store, dataset, numerics, epochs, change: { seed } });
    return dispatcher.run(task, { signal: new AbortController().signal, work: {}, onProgress });
  };
  const begin: Installation['begin'] = async (seed, epochs) => {
    const begun = deferred();
    const result = fit(seed, epochs, begun.resolve);
    result.catch(() => {});
    await within('the first epochs', Promise.race([begun.promise, result]), limitMs);
    return { result };
  };
  return { trainer, bus, queue: `task.fit.${numerics}`, fit, begin };
}

async function workerOf(bus: JetStreamBus): Promise<WorkerEntry | undefined> {
  const { workers } = await openWorkerBuckets(bus);
  return (await readWorkers(workers, logger))[0];
}

function longRequest(): training.FitRequest {
  const request = fitRequest();
  if (request.training === undefined) throw new Error('a fit request without training');
  return { ...request, training: { ...request.training, epochs: some } };
}

describe('a trainer told to stop', { timeout: 900_000 }, () => {
  test('ends the fit in work, takes no other, and says meanwhile that it drains', async (t) => {
    const { trainer, bus, queue, fit, begin } = await open(t, ample);
    const { result } = await begin(1, some);
    trainer.child.kill('SIGTERM');
    const draining = await waitFor('it to drain', async () => {
      const worker = await workerOf(bus);
      return worker?.state === 'draining' && worker;
    });
    assert.equal(draining.busy, 1);
    const another = fit(2, some);
    another.catch(() => {});
    const { manifest } = await within('the fit', result, limitMs);
    assert.equal(manifest.result.history.length, some);
    assert.equal(await within('the end', trainer.ended, limitMs), 0);
    assert.equal(trainer.lines.filter(({ msg }) => msg === 'task begun').length, 1);
    assert.equal(await workerOf(bus), undefined, 'its entry is gone');
    await waitFor('the other fit to wait', async () => (await bus.queueState(queue)).waiting === 1);
    assert.equal((await bus.queueState(queue)).inFlight, 0, 'nothing is to be delivered again');
  });

  test('hands back the fit that does not end within the limit, which counts as no loss', async (t) => {
    const { trainer, bus, queue, begin } = await open(t, '100');
    await begin(1, endless);
    trainer.child.kill('SIGTERM');
    assert.equal(await within('the end', trainer.ended, limitMs), 0);
    assert.ok(trainer.lines.some(({ msg }) => /still in work .* handed back/.test(String(msg))));
    const taken = deferred<Delivery>();
    const over = new AbortController();
    const taking = bus.consume(queue, { concurrency: 1, signal: over.signal }, async (delivery) => {
      taken.resolve(delivery);
      await delivery.ack();
    });
    const { attempt, failures, losses } = await within('the task', taken.promise);
    assert.deepEqual({ attempt, failures, losses }, { attempt: 2, failures: 0, losses: 0 });
    over.abort();
    await taking;
  });

  test('lets a call in flight end', async (t) => {
    const { trainer } = await open(t, ample);
    const { port } = await trainer.said('listening');
    const client = createClient(training.TrainingServiceService, `127.0.0.1:${port}`);
    t.after(() => client.close());
    const events = client.fit(longRequest(), { timeoutMs: limitMs });
    let epochs = 0;
    let result: training.FitResult | undefined;
    for await (const { event } of events) {
      if (event?.$case === 'result') result = event.value;
      else if (++epochs === 1) trainer.child.kill('SIGTERM');
    }
    assert.equal(epochs, some);
    assert.ok(result !== undefined);
    assert.equal(await within('the end', trainer.ended, limitMs), 0);
  });
});
