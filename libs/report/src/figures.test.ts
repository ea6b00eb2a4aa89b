import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildReport } from './build.js';
import { learningCurves } from './curves.js';
import { learningCurvesSpec } from './figure-spec.js';
import { learningCurvesSvg } from './figure-svg.js';
import { cell, cost, header, hostileReport, report } from './fixture.js';

interface Layer {
  mark: { type: string };
  data: { values: { strategy: string; place?: number; mean?: number }[] };
  encoding: {
    color: { scale: { domain: string[]; range: string[] } };
    y: { title: string; scale: { domain: number[] } };
  };
}

const layersOf = (of: typeof report, metric?: 'macroF1'): Layer[] =>
  JSON.parse(JSON.stringify(learningCurvesSpec(of, metric))).layer;

const layer = (of: typeof report, type: string): Layer => {
  const found = layersOf(of).find(({ mark }) => mark.type === type);
  assert.ok(found, `a layer of ${type}`);
  return found;
};

describe('learning curves', () => {
  test('are means over finished seeds with t intervals where there are two', () => {
    const points = learningCurves(report, 'accuracy');
    assert.deepEqual(
      points.map(({ strategy, labels, seeds }) => [strategy, labels, seeds]),
      [
        ['random', 10, 2],
        ['random', 30, 2],
        ['margin', 10, 2],
        ['margin', 30, 2],
        ['bald', 10, 1],
        ['bald', 30, 1],
      ],
    );
    assert.deepEqual(points[3]?.ci95, [0.9, 0.9]);
    assert.deepEqual([points[4]?.mean, points[4]?.ci95], [0.6, null]);
    assert.equal(learningCurves(report, 'macroF1')[4]?.mean, 0.475);
  });
});

describe('the figure', () => {
  test('has a band for strategies with two seeds only, and none with one seed each', () => {
    assert.deepEqual(
      new Set(layer(report, 'area').data.values.map((v) => v.strategy)),
      new Set(['random', 'margin']),
    );
    const oneSeed = buildReport(header, [cell('random', 1, [0.5, 0.7])], cost);
    assert.deepEqual(
      layersOf(oneSeed).map(({ mark }) => mark.type),
      ['line', 'point', 'text'],
    );
  });

  test('of many strategies has the band of random alone, and says so', async () => {
    const names = ['random', ...Array.from({ length: 10 }, (_, i) => `strategy-${i}`)];
    const cells = names.flatMap((name) => [cell(name, 1, [0.5, 0.7]), cell(name, 2, [0.4, 0.8])]);
    const crowd = buildReport({ ...header, spec: {} }, cells, cost);
    assert.deepEqual(new Set(layer(crowd, 'area').data.values.map((v) => v.strategy)), new Set(['random']));
    assert.match(await learningCurvesSvg(crowd), /interval of random; those of the others are in the table/);
  });

  test('draws random in grey and every other strategy in its own colour', () => {
    const names = ['margin', 'random', 'bald', 'entropy'];
    const many = buildReport(
      { ...header, spec: {} },
      names.map((name) => cell(name, 1, [0.5, 0.7])),
      cost,
    );
    const { domain, range } = layer(many, 'line').encoding.color.scale;
    assert.deepEqual(domain, names);
    assert.equal(new Set(range).size, 4);
    assert.equal(range[1], '#6b7280');
  });

  test('names the axes and does not start at 0', () => {
    const [first] = layersOf(report);
    assert.equal(first?.encoding.y.title, 'test accuracy');
    assert.equal(layersOf(report, 'macroF1')[0]?.encoding.y.title, 'test macro F1');
    const [low, high] = layer(report, 'line').encoding.y.scale.domain;
    assert.ok(low! > 0.3 && low! < 0.5 && high! > 0.9 && high! <= 1, `${low} to ${high}`);
  });

  test('keeps names that end at the same height apart and inside the plot', () => {
    const names = Array.from({ length: 23 }, (_, i) => `strategy-${i}`);
    const crowd = buildReport(
      { ...header, spec: {} },
      names.map((name) => cell(name, 1, [0.5, 0.9])),
      cost,
    );
    const text = layer(crowd, 'text');
    const places = text.data.values.map((value) => value.place!).sort((a, b) => a - b);
    const [low, high] = text.encoding.y.scale.domain;
    assert.equal(places.length, 23);
    for (const [at, place] of places.slice(1).entries()) assert.ok(place - places[at]! > (high! - low!) / 30);
    assert.ok(places[0]! >= low! - 1e-9 && places.at(-1)! <= high! + 1e-9);
  });

  test('renders to SVG without a browser, names escaped', async () => {
    const svg = await learningCurvesSvg(report);
    assert.match(svg, /^<svg [^>]*viewBox=/);
    for (const text of ['labelled samples', 'test accuracy', 'random', 'margin', 'bald']) {
      assert.ok(svg.includes(`>${text}</text>`), text);
    }
    assert.equal(/NaN|undefined|Infinity/.test(svg), false);
    const hostile = await learningCurvesSvg(hostileReport);
    assert.match(hostile, /a,"b"/);
    assert.equal(await learningCurvesSvg(report), svg);
  });

  test('of nothing finished says so', async () => {
    const empty = buildReport(header, [{ ...cell('random', 1, []), status: 'pending' }], cost);
    assert.match(await learningCurvesSvg(empty), /no cell is finished/);
  });
});
