import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FitResult, getResult } from '@alarena/tasks';
import { collect, expectAppError, within } from '@alarena/testkit';
import { fitRequest, openTrainerHome, runFit, type TrainerHome } from '../test-support/trainer-home.js';

/** Of about a second: long enough to be killed in. */
const training = {
  epochs: 30,
  batchSize: 16,
  learningRate: 0.001,
  optimizer: { $case: 'adam', value: {} },
  patience: undefined,
  minStepsPerEpoch: 10,
} as const;
const limitMs = 180_000;

describe('a fit whose process is lost', () => {
  let home: TrainerHome;
  let undisturbed: FitResult;
  before(async () => {
    // A checkpoint after every step.
    home = await openTrainerHome({ checkpointEveryMs: 0 });
    const other = await openTrainerHome();
    const { result } = await runFit(other.client, fitRequest({ training }));
    undisturbed = (await getResult(other.store, 'fit', result.key)).result;
    await other.close();
  });
  after(() => home.close());

  /** Epochs told until the process was killed. */
  async function killedAfter(epochs: number): Promise<void> {
    let told = 0;
    const call = async (): Promise<void> => {
      for await (const { event } of home.client.fit(fitRequest({ training }), { timeoutMs: limitMs })) {
        if (event?.$case === 'epoch') told++;
        if (told === epochs) process.kill(home.trainer.compute.processIds[0] ?? assert.fail(), 'SIGKILL');
      }
    };
    await within('the killed fit', expectAppError('unavailable', call()), limitMs);
  }

  const checkpoints = () => collect(home.store.list('checkpoints/'));

  test('goes on from its last checkpoint to the result of an undisturbed one', async () => {
    await killedAfter(5);
    const [kept] = await checkpoints();
    assert.ok(kept !== undefined);
    await killedAfter(5);
    const { epochs, result } = await runFit(home.client, fitRequest({ training }));
    const first = epochs[0]?.epoch ?? 0;
    assert.ok(first > 8, `the third process began with epoch ${first}`);
    assert.deepEqual((await getResult(home.store, 'fit', result.key)).result, undisturbed);
    assert.deepEqual(await checkpoints(), [], 'the checkpoint of a fit that is done is gone');
  });

  test('begins anew where its checkpoint is damaged', async () => {
    const request = fitRequest({ training, seed: 2n });
    const { result } = await runFit(home.client, request);
    const { result: expected } = await getResult(home.store, 'fit', result.key);
    await home.store.delete(`results/fit/${result.key.slice(0, 2)}/${result.key}.json`);
    await home.store.put(`checkpoints/fit/${result.key.slice(0, 2)}/${result.key}`, Buffer.alloc(100, 1));
    const again = await runFit(home.client, request);
    assert.equal(again.epochs[0]?.epoch, 1);
    assert.deepEqual((await getResult(home.store, 'fit', result.key)).result, expected);
  });
});
