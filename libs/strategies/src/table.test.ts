import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { documentsWithStrategies, documentUrl } from './documents.js';
import { strategies, strategyNames } from './registry.js';
import { familyTable, strategySections, strategyTable, withStrategies } from './table.js';

describe('what documents say of strategies', () => {
  test('the table has one row per strategy with as many cells as the head', () => {
    const lines = strategyTable().split('\n');
    assert.equal(lines.length, strategyNames.length + 2);
    for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 6, line);
  });

  test('the table of families links each strategy to its section', () => {
    const [families, sections] = [familyTable(), strategySections()];
    for (const name of strategyNames) {
      assert.ok(families.includes(`[\`${name}\`](docs/strategies.md#${name})`), name);
      assert.match(sections, new RegExp(`^### ${name}$`, 'm'));
    }
  });

  test('a section has every parameter with its default', () => {
    const sections = strategySections().split('\n### ').slice(1);
    for (const { descriptor } of strategies) {
      const section = sections.find((text) => text.startsWith(`${descriptor.name}\n`)) ?? '';
      for (const { name, default: value } of descriptor.parameters) {
        assert.ok(section.includes(`| \`${name}\` | ${value} |`), `${descriptor.name}: ${name}`);
      }
    }
  });

  for (const { path, current } of documentsWithStrategies) {
    test(`${path} is current`, () => {
      const document = readFileSync(documentUrl(path), 'utf8');
      assert.equal(
        unaligned(withStrategies(document, current())),
        unaligned(document),
        'run npm run record --workspace @alarena/strategies',
      );
    });
  }

  test('goes nowhere without markers', () => {
    assert.throws(() => withStrategies('# A page', ''), /lacks the markers/);
  });
});

/** The formatter aligns the columns of tables; the generator does not. */
function unaligned(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
