import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { common, type strategy } from '@alarena/api';
import { deleteBlob } from '@alarena/store';
import { strategies } from '@alarena/strategies';
import { getResult, removeResult, shardsOf } from '@alarena/tasks';
import { expectAppError, waitFor, within } from '@alarena/testkit';
import { readingShare } from '../domain/run-select.js';
import {
  call,
  openStrategyHome,
  range,
  type StrategyHome,
  validation,
} from '../test-support/strategy-home.js';

const { TASK_ORIGIN_COMPUTED, TASK_ORIGIN_STORED } = common.TaskOrigin;
const pool = range(40, 60);

describe('Select', () => {
  let home: StrategyHome;
  before(async () => {
    home = await openStrategyHome();
  });
  after(() => home.close());

  function request(change: Partial<strategy.SelectRequest> = {}): strategy.SelectRequest {
    return {
      ...{ strategy: 'margin', parameters: {}, entry: '', k: 8, seed: 3n, round: 0, fitKey: home.fitKey },
      ...{ pool: { ids: pool }, labelled: { ids: range(0, 40) }, validation: { ids: validation } },
      monteCarloPasses: 4,
      ...change,
    };
  }

  /** Keys of the tasks of a kind that were computed so far. */
  function computed(kind: string): string[] {
    return home.lines
      .filter((line) => line.msg === 'task done' && line.kind === kind && line.origin === 'computed')
      .map(({ task }) => String(task));
  }

  /** Resolves when a query has read its signals: from here on its process is deaf until it has picked. */
  async function picking(signal: AbortSignal): Promise<void> {
    for await (const { payload } of home.bus.subscribe('event.task.select.*', { signal })) {
      const { fraction } = JSON.parse(Buffer.from(payload).toString()) as { fraction?: number };
      if (fraction !== undefined && fraction >= readingShare) return;
    }
  }

  for (const { descriptor } of strategies) {
    test(`${descriptor.name} picks distinct samples of the pool by the fit's signals`, async () => {
      const monteCarloPasses = Math.max(4, descriptor.leastPasses ?? 0);
      const query = request({ strategy: descriptor.name, monteCarloPasses });
      const { picks, origin } = await home.client.select(query, call);
      assert.equal(origin, TASK_ORIGIN_COMPUTED);
      assert.equal(new Set(picks.map(({ id }) => id)).size, 8);
      assert.ok(picks.every(({ id, score }) => pool.includes(id) && Number.isFinite(score)));
    });
  }

  test('the same query is found, whatever the order of the ids', async () => {
    const first = await home.client.select(request(), call);
    const inferred = computed('infer').length;
    const reversed = { pool: { ids: pool.toReversed() } };
    const again = await home.client.select(request(reversed), call);
    assert.deepEqual(again, { ...first, origin: TASK_ORIGIN_STORED });
    assert.equal(computed('infer').length, inferred);
  });

  test('strategies that need the same signals share them', async () => {
    await home.client.select(request({ strategy: 'margin', pool: { ids: range(40, 33) } }), call);
    const inferred = computed('infer').length;
    await home.client.select(request({ strategy: 'entropy', pool: { ids: range(40, 33) } }), call);
    assert.equal(computed('infer').length, inferred);
  });

  test('random needs neither inference nor a fit; seed, round and entry name its draws', async () => {
    const inferred = computed('infer').length;
    const random = { strategy: 'random', fitKey: '', monteCarloPasses: 0, labelled: undefined };
    const picks = async (change: Partial<strategy.SelectRequest>): Promise<string> => {
      const response = await home.client.select(request({ ...random, ...change }), call);
      return response.picks.map(({ id }) => id).join();
    };
    const draws = [
      await picks({}),
      await picks({ seed: 4n }),
      await picks({ round: 1 }),
      await picks({ entry: 'other' }),
    ];
    assert.equal(new Set(draws).size, draws.length);
    assert.equal(await picks({ entry: 'random' }), draws[0]);
    assert.equal(computed('infer').length, inferred);
  });

  test('picks the same in another store', async () => {
    const other = await openStrategyHome();
    try {
      for (const name of ['margin', 'bald', 'badge', 'random']) {
        const [here, there] = await Promise.all(
          [home, other].map(({ client }) => client.select(request({ strategy: name }), call)),
        );
        assert.deepEqual(there?.picks, here?.picks, name);
      }
    } finally {
      await other.close();
    }
  });

  test('takes an empty labelled set where nothing is labelled yet', async () => {
    const { picks } = await home.client.select(request({ strategy: 'coreset', labelled: { ids: [] } }), call);
    assert.equal(picks.length, 8);
  });

  test('has signals made again that are gone', async () => {
    const query = request({ strategy: 'ratio', pool: { ids: range(45, 20) } });
    const first = await home.client.select(query, call);
    const { inputs } = await getResult(home.store, 'select', first.key);
    const { result } = await getResult(home.store, 'infer', inputs.poolSignals ?? assert.fail());
    await deleteBlob(home.store, shardsOf(result.probabilities)[0]?.sha256 ?? assert.fail());
    await removeResult(home.store, 'select', first.key);
    const again = await home.client.select(query, call);
    assert.deepEqual([again.picks, again.origin], [first.picks, TASK_ORIGIN_COMPUTED]);
  });

  test('is broken off when its caller goes away: whatever it computes, the process ends', async () => {
    const long = request({
      ...{ strategy: 'batch_bald', k: 60, monteCarloPasses: 200 },
      parameters: { num_samples: { value: { $case: 'number', value: 100_000 } } },
    });
    const controller = new AbortController();
    const computing = picking(controller.signal);
    const calling = home.client.select(long, { ...call, signal: controller.signal });
    const ended = expectAppError('cancelled', calling);
    await within('the query to be computed', computing);
    const processes = home.processIds();
    controller.abort();
    await ended;
    await waitFor('the end of its process', () => processes.some((pid) => !home.processIds().includes(pid)));
    const { picks } = await home.client.select(request({ pool: { ids: range(50, 40) } }), call);
    assert.equal(picks.length, 8);
  });

  test('names every field that is wrong, at once', async () => {
    const bad = request({
      strategy: 'bald',
      parameters: { temperature: { value: { $case: 'number', value: 1 } } },
      ...{ k: 61, fitKey: 'short', seed: 2n ** 60n, monteCarloPasses: 1 },
      ...{ pool: { ids: [...pool.slice(1), 41] }, labelled: { ids: [3, 3, 50] } },
    });
    const error = await expectAppError('invalid-argument', home.client.select(bad, call));
    assert.deepEqual(error.violations.map(({ field }) => field).sort(), [
      'fit_key',
      'k',
      'labelled',
      'monte_carlo_passes',
      'parameters.temperature',
      'pool',
      'pool',
      'seed',
    ]);
    assert.match(error.message, /sample 50 is labelled already/);
  });

  test('refuses too few passes, and a lack of validation samples, where the strategy needs them', async () => {
    const few = request({ strategy: 'batch_bald', monteCarloPasses: 49 });
    assert.match(
      (await expectAppError('invalid-argument', home.client.select(few, call))).message,
      /monte_carlo_passes: must be at least 50, got 49/,
    );
    const none = request({ strategy: 'uherding', validation: undefined });
    assert.match(
      (await expectAppError('invalid-argument', home.client.select(none, call))).message,
      /validation: uherding learns from validation samples/,
    );
    const both = request({ validation: { ids: [...validation, 41] } });
    assert.match(
      (await expectAppError('invalid-argument', home.client.select(both, call))).message,
      /sample 41 is a validation sample/,
    );
  });

  test('suggests the nearest strategy', async () => {
    const error = await expectAppError(
      'invalid-argument',
      home.client.select(request({ strategy: 'margn' }), call),
    );
    assert.match(error.message, /did you mean "?margin/);
  });

  test('does not know other fits', async () => {
    const unknown = request({ fitKey: 'f'.repeat(64) });
    const error = await expectAppError('not-found', home.client.select(unknown, call));
    assert.equal(error.reason, 'RESULT_MISSING');
  });
});
