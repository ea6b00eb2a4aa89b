import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deleteBlob, getArray } from '@alarena/store';
import {
  getResult,
  type InferInputs,
  putIds,
  semantics,
  shardsOf,
  type Task,
  TaskDispatcher,
} from '@alarena/tasks';
import { type InferenceHome, openInferenceHome, range } from './test-support/inference-home.js';

describe('infer and embed tasks from the queue', () => {
  let home: InferenceHome;
  let dispatcher: TaskDispatcher;
  let fit: string;
  before(async () => {
    home = await openInferenceHome();
    fit = await home.fit();
    const stopping = new AbortController();
    const work = Promise.all([home.inference, home.trainer].map((service) => service.work(stopping.signal)));
    home.onClose(() => {
      stopping.abort();
      return work;
    });
    dispatcher = new TaskDispatcher(home);
    home.onClose(() => dispatcher.close());
  });
  after(() => home.close());

  const options = { signal: new AbortController().signal, work: {} };

  async function inferTask(change: Partial<InferInputs> = {}): Promise<Task<'infer'>> {
    const samples = await putIds(home.store, range(100, 20));
    const inputs = { fit, samples, probabilities: true, layers: [], monteCarloPasses: 0, ...change };
    return { kind: 'infer', semantics: semantics.infer, numerics: await numerics(), inputs };
  }

  function numerics(): Promise<string> {
    return home.inference.compute.numerics();
  }

  test('are computed', async () => {
    const { manifest, origin } = await dispatcher.run(await inferTask(), options);
    assert.equal(origin, 'computed');
    assert.deepEqual(shardsOf(manifest.result.probabilities)[0]?.shape, [20, 4]);
    assert.equal(manifest.result.monteCarlo, null);

    const inputs = { fit, samples: await putIds(home.store, range(100, 20)) };
    const embed = { kind: 'embed', semantics: semantics.embed, numerics: await numerics(), inputs } as const;
    const embedded = await dispatcher.run(embed, options);
    assert.deepEqual(embedded.manifest.result.features.shape, [20, 64]);
  });

  test('take an empty set of samples, as a strategy does before anything is labelled', async () => {
    const samples = await putIds(home.store, []);
    const { manifest } = await dispatcher.run(await inferTask({ samples, layers: ['z'] }), options);
    const [z] = shardsOf(manifest.result.layers.z);
    assert.deepEqual(z?.shape, [0, 64]);
    await getArray(home.store, z ?? assert.fail());
  });

  test('have the fit done again whose weights are gone, and say so', async () => {
    const before = await dispatcher.run(await inferTask({ layers: ['a2'] }), options);
    const { result } = await getResult(home.store, 'fit', fit);
    await deleteBlob(home.store, result.weights[0]?.array.sha256 ?? assert.fail());
    // Another fit takes the place of this one's weights in the child's memory.
    await dispatcher.run(await inferTask({ fit: await home.fit({ dropout: 0.25 }) }), options);

    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const task = await inferTask({ layers: ['a1', 'a2'] });
    const { manifest } = await dispatcher.run(task, { ...options, onNotice });
    assert.deepEqual(manifest.result.layers.a2, before.manifest.result.layers.a2);
    assert.equal(notices.length, 1);
    assert.match(notices[0] ?? '', new RegExp(`the fit task ${fit.slice(0, 12)} was corrupt`));
    assert.deepEqual((await getResult(home.store, 'fit', fit)).result, result);
  });
});
