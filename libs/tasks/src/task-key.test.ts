// Keys are names that outlive versions of this code: stored results are found by them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { profileName } from './numerics.js';
import type { Task } from './task.js';
import { taskKey } from './task-key.js';
import { fitTask, inferTask, selectTask } from './tasks.fixture.js';

const embedTask: Task<'embed'> = {
  kind: 'embed',
  semantics: 1,
  numerics: 'cpu-test',
  inputs: { fit: 'f'.repeat(64), samples: { sha256: 'a'.repeat(64), count: 20 } },
};

describe('a key', () => {
  // A change of these makes every stored result unreachable. They are Python's: SHA-256 of json.dumps(task,
  // sort_keys=True, separators=(',', ':')). Semantics versions are written out: theirs is another question.
  test('of known inputs stays what it is', () => {
    const version1 = <T extends Task>(task: T): T => ({ ...task, semantics: 1 });
    assert.equal(
      taskKey(version1(fitTask())),
      '0c39148be1c3a0bc2f8b2f35305868cb30ac542313fc100e0c15e91dbfd83db2',
    );
    assert.equal(
      taskKey(version1(inferTask('f'.repeat(64)))),
      '3b19c0e8f0af8db7192e933bc3d1c348b1ef2ee0023b5b899a82249f5aa3beb8',
    );
    assert.equal(
      taskKey(selectTask('9'.repeat(64))),
      'a2f4929f64da04669cdd4675785c1b1b533f18db17e88736a19118b67bcd032f',
    );
    assert.equal(taskKey(embedTask), 'c8491f17e0860bfbb5b52b48e415aee398b9c22e14c9cd950eafa43eff9e7703');
    const profile = {
      device: 'cpu',
      instructionSet: 'x64-avx2',
      tensorflow: '2.9.1',
      threads: 1,
      precision: 'float32',
    };
    assert.equal(profileName(profile), 'cpu-876d3cfe7d76');
  });

  test('does not depend on the order in which properties were written', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reversed(member)]),
      );
    };
    for (const task of [fitTask(), inferTask(), selectTask(), embedTask]) {
      const other = reversed(task) as Task;
      assert.notEqual(JSON.stringify(other), JSON.stringify(task));
      assert.equal(taskKey(other), taskKey(task));
    }
  });

  test('changes with whatever may change the result', () => {
    const fit = fitTask();
    const { training } = fit.inputs;
    const others: Task[] = [
      fit,
      { ...fit, semantics: 99 },
      { ...fit, numerics: 'gpu-test' },
      fitTask(1),
      { ...fit, inputs: { ...fit.inputs, labelled: { ...fit.inputs.labelled, sha256: '0'.repeat(64) } } },
      { ...fit, inputs: { ...fit.inputs, dataset: '0'.repeat(64) } },
      { ...fit, inputs: { ...fit.inputs, training: { ...training, patience: null } } },
      { ...fit, inputs: { ...fit.inputs, model: { ...fit.inputs.model, dropout: null } } },
      inferTask(),
      inferTask(undefined, 10),
      { ...embedTask, kind: 'infer' } as unknown as Task,
      embedTask,
    ];
    assert.equal(new Set(others.map(taskKey)).size, others.length);
  });

  test('survives the way over the bus', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), (threshold, text) => {
        const task = selectTask();
        const odd: Task = { ...task, inputs: { ...task.inputs, parameters: { threshold, text } } };
        assert.equal(taskKey(JSON.parse(JSON.stringify(odd)) as Task), taskKey(odd));
      }),
    );
  });

  test('is refused to numbers that JSON would make null', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const task = fitTask();
      const training = { ...task.inputs.training, patience: bad };
      assert.throws(() => taskKey({ ...task, inputs: { ...task.inputs, training } }), {
        name: 'TypeError',
        message: /"patience" is/,
      });
    }
  });
});
