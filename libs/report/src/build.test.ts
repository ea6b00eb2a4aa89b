import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildReport } from './build.js';
import { cell, cells, cost, failedCell, header, report } from './fixture.js';
import type { Estimate, StrategySummary } from './types.js';

function summaryOf(name: string, of = report): StrategySummary {
  const summary = of.strategies.find(({ strategy }) => strategy === name);
  assert.ok(summary, name);
  return summary;
}

function near(estimate: Estimate | null, mean: number, half: number): void {
  assert.ok(estimate?.ci95);
  const values = [estimate.mean, ...estimate.ci95];
  [mean, mean - half, mean + half].forEach((expected, at) => {
    assert.ok(Math.abs(values[at]! - expected) < 1e-12, `${values[at]} against ${expected}`);
  });
}

describe('buildReport', () => {
  // t_0.975 with one degree of freedom: tan(0.475 π).
  const t = Math.tan(0.475 * Math.PI);

  test('orders by the spec, then by seed, then by round', () => {
    assert.deepEqual(
      report.cells.map(({ strategy, seed }) => [strategy, seed]),
      [
        ['random', 1],
        ['random', 2],
        ['margin', 1],
        ['margin', 2],
        ['bald', 1],
        ['bald', 2],
      ],
    );
    const [first] = cells;
    assert.ok(first);
    const backwards = { ...first, rounds: [...first.rounds].reverse() };
    assert.deepEqual(buildReport(header, [backwards], cost).cells, [first]);
  });

  test('gives the same for every order of its cells', () => {
    assert.deepEqual(buildReport(header, [...cells].reverse(), cost), report);
  });

  test('estimates final accuracy and AULC by hand', () => {
    near(summaryOf('random').final, 0.75, t * 0.05);
    near(summaryOf('random').aulc, 0.65, t * 0.05);
    near(summaryOf('margin').final, 0.9, 0);
    near(summaryOf('margin').aulc, 0.725, t * 0.025);
  });

  test('pairs differences in AULC by seed', () => {
    const difference = summaryOf('margin').differenceToRandom;
    near(difference, 0.075, t * 0.025); // 0.1 and 0.05
    const p = 1 - (2 * Math.atan(3)) / Math.PI; // t = 3, one degree of freedom
    assert.ok(Math.abs((difference?.p ?? 0) - p) < 1e-12);
    assert.equal(summaryOf('random').differenceToRandom, null);
  });

  test('corrects p over the strategies that could be tested', () => {
    const more = [...cells, cell('bald', 3, [0.6, 0.9]), cell('random', 3, [0.6, 0.7])];
    const both = buildReport(header, more, cost);
    const [margin, bald] = ['margin', 'bald'].map((name) => summaryOf(name, both).differenceToRandom);
    assert.ok(margin?.p && bald?.p && margin.pHolm && bald.pHolm);
    const [small, large] = [Math.min(margin.p, bald.p), Math.max(margin.p, bald.p)];
    assert.equal(Math.min(margin.pHolm, bald.pHolm), 2 * small);
    assert.equal(Math.max(margin.pHolm, bald.pHolm), Math.max(2 * small, large));
    // Alone in its family, margin's p stays as it is: bald's single pair gives none.
    assert.equal(summaryOf('margin').differenceToRandom?.pHolm, summaryOf('margin').differenceToRandom?.p);
  });

  test('counts finished cells only, and keeps the others', () => {
    const bald = summaryOf('bald');
    assert.equal(bald.cells, 1);
    assert.equal(bald.final?.mean, 0.7);
    assert.deepEqual(
      report.cells.find(({ status }) => status === 'failed'),
      failedCell,
    );
    const none = buildReport(header, [failedCell], cost);
    assert.deepEqual(none.strategies, [
      {
        strategy: 'bald',
        cells: 0,
        final: null,
        aulc: null,
        differenceToRandom: null,
        labelSaving: null,
        verdict: null,
      },
    ]);
  });

  test('one seed has estimates without intervals, never 0', () => {
    const one = buildReport(header, [cell('random', 1, [0.5, 0.7]), cell('margin', 1, [0.5, 0.9])], cost);
    const { final, aulc, differenceToRandom } = summaryOf('margin', one);
    assert.equal(final?.ci95, null);
    assert.equal(aulc?.ci95, null);
    assert.deepEqual(
      [differenceToRandom?.ci95, differenceToRandom?.p, differenceToRandom?.pHolm],
      [null, null, null],
    );
  });

  test('without random, or without a seed shared with it, there is no difference', () => {
    const alone = buildReport(header, [cell('margin', 1, [0.5, 0.9])], cost);
    assert.equal(summaryOf('margin', alone).differenceToRandom, null);
    const apart = buildReport(header, [cell('margin', 1, [0.5, 0.9]), cell('random', 2, [0.5, 0.7])], cost);
    assert.equal(summaryOf('margin', apart).differenceToRandom, null);
  });

  test('a single measured point has a final accuracy and no AULC', () => {
    const point = buildReport(header, [cell('random', 1, [0.5]), cell('margin', 1, [0.5])], cost);
    const { final, aulc, differenceToRandom } = summaryOf('margin', point);
    assert.deepEqual([final, aulc, differenceToRandom], [{ mean: 0.5, ci95: null }, null, null]);
  });

  test('an entry goes by its `as`; strategies the spec does not name come last', () => {
    const spec = { strategies: [{ name: 'bald', as: 'second' }, 'random', { name: 'bald', as: 'first' }] };
    const mixed = ['other', 'first', 'random', 'second'].map((name) => cell(name, 1, [0.5, 0.7]));
    const names = buildReport({ ...header, spec }, mixed, cost).strategies.map(({ strategy }) => strategy);
    assert.deepEqual(names, ['second', 'random', 'first', 'other']);
  });
});
