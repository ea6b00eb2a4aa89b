import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FitInputs, putIds, semantics, type Task, TaskDispatcher, taskKey } from '@alarena/tasks';
import { expectAppError, within } from '@alarena/testkit';
import { openTrainerHome, range, type TrainerHome } from './test-support/trainer-home.js';

describe('fit tasks from the queue', () => {
  let home: TrainerHome;
  let dispatcher: TaskDispatcher;
  before(async () => {
    home = await openTrainerHome();
    const stopping = new AbortController();
    const work = home.trainer.work(stopping.signal);
    home.onClose(() => {
      stopping.abort();
      return work;
    });
    dispatcher = new TaskDispatcher(home);
    home.onClose(() => dispatcher.close());
  });
  after(() => home.close());

  async function fitTask(change: Partial<FitInputs>, epochs = 2): Promise<Task<'fit'>> {
    const inputs: FitInputs = {
      dataset: home.dataset.digest,
      model: { architecture: 'bayesian-cnn', dropout: 0.5 },
      training: {
        ...{ epochs, batchSize: 16, optimizer: { name: 'adam' }, learningRate: 0.001 },
        ...{ patience: null, minStepsPerEpoch: 10 },
      },
      seed: 1,
      labelled: await putIds(home.store, range(0, 40)),
      validation: await putIds(home.store, []),
      test: await putIds(home.store, range(200, 60)),
      ...change,
    };
    return { kind: 'fit', semantics: semantics.fit, numerics: await home.trainer.compute.numerics(), inputs };
  }
  const options = { signal: new AbortController().signal, work: {} };

  test('are computed once, however many ask', async () => {
    const task = await fitTask({ seed: 1 });
    const [first, second] = await Promise.all([dispatcher.run(task, options), dispatcher.run(task, options)]);
    assert.deepEqual([first?.origin, second?.origin].sort(), ['computed', 'shared']);
    assert.equal((await dispatcher.run(task, options)).origin, 'stored');
    assert.equal(timesComputed(task), 1);
  });

  test('are done again when the computing process is killed', async () => {
    const task = await fitTask({ seed: 2 }, 40);
    let killed: number | undefined;
    const onProgress = (): void => {
      if (killed !== undefined) return;
      [killed] = home.trainer.compute.processIds;
      if (killed !== undefined) process.kill(killed, 'SIGKILL');
    };
    const { manifest } = await within(
      'the killed fit',
      dispatcher.run(task, { ...options, onProgress }),
      30_000,
    );
    assert.notEqual(killed, undefined, 'the process was killed');
    assert.equal(manifest.result.history.length, 40);
    assert.ok(
      home.lines.some(({ msg, attempt }) => msg === 'task failed; it is tried again' && attempt === 1),
    );
    assert.ok(!home.trainer.compute.processIds.includes(killed ?? 0));
  });

  test('fail with their cause when they cannot be done', async () => {
    const task = await fitTask({ dataset: '0'.repeat(64) });
    const error = await expectAppError('not-found', dispatcher.run(task, options));
    assert.equal(error.reason, 'DATASET_UNKNOWN');
  });

  test('of another numerics profile are left alone', async () => {
    const task = { ...(await fitTask({ seed: 3 })), numerics: 'gpu-000000000000' };
    const cancel = new AbortController();
    const asked = dispatcher.run(task, { ...options, signal: cancel.signal });
    // A task of the own profile, asked for later, is done first.
    await dispatcher.run(await fitTask({ seed: 4 }), options);
    cancel.abort();
    await expectAppError('cancelled', asked);
    assert.equal(timesComputed(task), 0);
  });

  function timesComputed(task: Task): number {
    const key = taskKey(task);
    return home.lines.filter((line) => line.task === key && line.origin === 'computed').length;
  }
});
