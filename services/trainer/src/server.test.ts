import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FitInputs, type Task, TaskDispatcher, taskKey } from '@alarena/tasks';
import { expectAppError, within } from '@alarena/testkit';
import { fitTask } from './test-support/fit-task.js';
import { openTrainerHome, type TrainerHome } from './test-support/trainer-home.js';

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

  async function taskOf(change: Partial<FitInputs>, epochs = 2): Promise<Task<'fit'>> {
    return fitTask({ ...home, numerics: await home.trainer.compute.numerics(), epochs, change });
  }
  const options = { signal: new AbortController().signal, work: {} };

  test('are computed once, however many ask', async () => {
    const task = await taskOf({ seed: 1 });
    const [first, second] = await Promise.all([dispatcher.run(task, options), dispatcher.run(task, options)]);
    assert.deepEqual([first?.origin, second?.origin].sort(), ['computed', 'shared']);
    assert.equal((await dispatcher.run(task, options)).origin, 'stored');
    assert.equal(timesComputed(task), 1);
  });

  test('are done again when the computing process is killed', async () => {
    const task = await taskOf({ seed: 2 }, 40);
    let killed: number | undefined;
    const onProgress = (): void => {
      if (killed !== undefined) return;
      [killed] = home.trainer.compute.processIds;
      if (killed !== undefined) process.kill(killed, 'SIGKILL');
    };
    const { manifest } = await within(
      'the killed fit',
      dispatcher.run(task, { ...options, onProgress }),
      180_000,
    );
    assert.notEqual(killed, undefined, 'the process was killed');
    assert.equal(manifest.result.history.length, 40);
    assert.ok(
      home.lines.some(({ msg, failures }) => msg === 'task failed; it is tried again' && failures === 1),
    );
    assert.ok(!home.trainer.compute.processIds.includes(killed ?? 0));
  });

  test('fail with their cause when they cannot be done', async () => {
    const task = await taskOf({ dataset: '0'.repeat(64) });
    const error = await expectAppError('not-found', dispatcher.run(task, options));
    assert.equal(error.reason, 'DATASET_UNKNOWN');
  });

  test('of another numerics profile are left alone', async () => {
    const task = { ...(await taskOf({ seed: 3 })), numerics: 'gpu-000000000000' };
    const cancel = new AbortController();
    const asked = dispatcher.run(task, { ...options, signal: cancel.signal });
    // A task of the own profile, asked for later, is done first.
    await dispatcher.run(await taskOf({ seed: 4 }), options);
    cancel.abort();
    await expectAppError('cancelled', asked);
    assert.equal(timesComputed(task), 0);
  });

  function timesComputed(task: Task): number {
    const key = taskKey(task);
    return home.lines.filter((line) => line.task === key && line.origin === 'computed').length;
  }
});
