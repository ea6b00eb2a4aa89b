import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { strategyNames } from './registry.js';
import { strategyTable, withStrategyTable } from './table.js';

describe('the table of strategies', () => {
  test('has one row per strategy with as many cells as the head', () => {
    const lines = strategyTable().split('\n');
    assert.equal(lines.length, strategyNames.length + 2);
    for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 9, line);
  });

  test('in the README is current', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    assert.equal(
      unaligned(withStrategyTable(readme)),
      unaligned(readme),
      'run npm run record --workspace @alarena/strategies',
    );
  });

  test('goes nowhere without markers', () => {
    assert.throws(() => withStrategyTable('# A page'), /lacks the markers/);
  });
});

/** The formatter aligns the columns of tables; the generator does not. */
function unaligned(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
