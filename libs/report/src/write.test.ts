import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { roundsCsv } from './csv.js';
import { report } from './fixture.js';
import { writeReport } from './write.js';

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-report-'));
  try {
    await check(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const namesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).sort();

describe('writeReport', () => {
  test('writes every file of a report and nothing else', () =>
    inFolder(async (folder) => {
      const written = await writeReport(join(folder, 'new', 'report'), report);
      const expected = [
        'figures',
        'figures/learning-curves.svg',
        'figures/learning-curves.vl.json',
        'figures/macro-f1.svg',
        'figures/macro-f1.vl.json',
        'report.html',
        'report.json',
        'rounds.csv',
        'summary.md',
      ];
      assert.deepEqual(await namesIn(join(folder, 'new', 'report')), expected);
      assert.deepEqual(written.toSorted(), expected.slice(1));
    }));

  test('writes only the formats asked for, over what was there', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'rounds.csv'), 'old');
      assert.deepEqual(await writeReport(folder, report, ['csv']), ['rounds.csv']);
      assert.deepEqual(await namesIn(folder), ['rounds.csv']);
      assert.equal(await readFile(join(folder, 'rounds.csv'), 'utf8'), roundsCsv(report));
    }));

  test('says what is in the way, and leaves no half file', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'report'), 'a file where the folder should be');
      await assert.rejects(writeReport(join(folder, 'report'), report, ['json']), (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.code, 'invalid-argument');
        assert.match(thrown.message, /cannot write .*report\.json: part of the path is a file/);
        return true;
      });
      assert.deepEqual(await namesIn(folder), ['report']);
    }));

  test('removes its temporary file where the last step fails', () =>
    inFolder(async (folder) => {
      // A folder named like the file: the rename onto it fails.
      await writeReport(join(folder, 'rounds.csv'), report, ['md']);
      await assert.rejects(writeReport(folder, report, ['csv']), /a folder of that name is in the way/);
      assert.deepEqual(await namesIn(folder), ['rounds.csv', 'rounds.csv/summary.md']);
    }));
});
