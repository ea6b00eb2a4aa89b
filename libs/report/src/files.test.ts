// The text files of a report, against small ones checked by eye (testdata), and what must hold for any report.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { buildReport } from './build.js';
import { roundsCsv } from './csv.js';
import { cell, cost, header, hostileReport, report } from './fixture.js';
import { MAX_PICKED_IDS, reportJson } from './json.js';
import { summaryMarkdown } from './markdown.js';
import { summaryTable } from './table.js';

const golden = (name: string): string =>
  readFileSync(new URL(`../testdata/${name}`, import.meta.url), 'utf8');

const oneSeed = buildReport(header, [cell('random', 1, [0.5, 0.7]), cell('margin', 1, [0.5, 0.9])], cost);

describe('report.json', () => {
  test('is as recorded', () => {
    assert.equal(reportJson(report), golden('report.json'));
  });

  test('above the limit refers to rounds.csv for the picks', () => {
    assert.equal(MAX_PICKED_IDS, 100_000);
    const parse = (limit: number) => JSON.parse(reportJson(report, limit)).cells[0].rounds[0];
    assert.deepEqual(parse(10).picked, [107, 103]); // ten ids in all
    assert.equal('pickedRef' in parse(10), false);
    assert.deepEqual([parse(9).picked, parse(9).pickedRef], [null, 'rounds.csv']);
    assert.match(roundsCsv(report), /,107 103,/);
  });
});

describe('rounds.csv', () => {
  test('is as recorded', () => {
    assert.equal(roundsCsv(report), golden('rounds.csv'));
  });

  test('has the agreed columns, seconds last', () => {
    const head = roundsCsv(report).split('\n')[0];
    assert.equal(head, 'strategy,seed,round,labels,accuracy,macro_f1,picked,fit_key,seconds');
  });

  test('quotes what needs it and nothing else', () => {
    assert.match(roundsCsv(hostileReport), /^"a,""b""\nc",1,0,10,0\.5,0\.375,107 103,/m);
    assert.equal(roundsCsv(report).includes('"'), false);
  });

  test('writes numbers that read back as the same', () => {
    const accuracies = [0.1 + 0.2, 1 / 3, 1e-7];
    const csv = roundsCsv(buildReport(header, [cell('random', 1, accuracies)], cost));
    const column = csv
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[4]));
    assert.deepEqual(column, accuracies);
  });
});

describe('the summary table', () => {
  test('is as recorded', () => {
    assert.equal(`${summaryTable(report)}\n`, golden('summary.txt'));
  });

  test('with colours says the same', () => {
    const escapes = ['1', '2', '22', '31', '32', '39'].map((code) => `\u001b[${code}m`);
    const coloured = summaryTable(report, { color: true });
    assert.notEqual(coloured, summaryTable(report));
    const plain = escapes
      .reduce((text, sequence) => text.replaceAll(sequence, ''), coloured)
      .split('\n')
      .map((line) => line.trimEnd());
    assert.equal(plain.join('\n'), summaryTable(report));
  });

  test('writes n/a for the interval of one seed, never 0', () => {
    const table = summaryTable(oneSeed);
    const margin = table.split('\n').find((line) => line.startsWith('margin'));
    assert.match(margin ?? '', /^margin +1 +0\.9000 +n\/a +0\.7000 +n\/a +\+0\.1000 +n\/a$/);
    assert.match(table, /one seed has no interval/);
  });

  test('says why a cell failed', () => {
    assert.match(summaryTable(report), /^failed: bald, seed 1: out of memory$/m);
  });
});

describe('summary.md', () => {
  test('is as recorded', () => {
    assert.equal(summaryMarkdown(report), golden('summary.md'));
  });

  test('holds no markup from names', () => {
    const markdown = summaryMarkdown(hostileReport);
    assert.equal(/(?<!\\)</.test(markdown), false);
    assert.match(markdown, /^\| a,"b" c \| 1 \|/m);
  });
});
