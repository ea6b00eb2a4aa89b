import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { documentsWithTable, documentUrl } from './documents.js';
import { strategyNames } from './registry.js';
import { strategyTable, withStrategyTable } from './table.js';

describe('the table of strategies', () => {
  test('has one row per strategy with as many cells as the head', () => {
    const lines = strategyTable().split('\n');
    assert.equal(lines.length, strategyNames.length + 2);
    for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 9, line);
  });

  for (const { path, table } of documentsWithTable) {
    test(`in ${path} is current`, () => {
      const document = readFileSync(documentUrl(path), 'utf8');
      assert.equal(
        unaligned(withStrategyTable(document, table())),
        unaligned(document),
        'run npm run record --workspace @alarena/strategies',
      );
    });
  }

  test('goes nowhere without markers', () => {
    assert.throws(() => withStrategyTable('# A page'), /lacks the markers/);
  });
});

/** The formatter aligns the columns of tables; the generator does not. */
function unaligned(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
