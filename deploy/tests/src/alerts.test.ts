import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { at, chartFolder, list, named, render, shapes } from './chart.js';

const folder = `${chartFolder}/files`;

/** Names of metrics in an expression. */
function metrics(expression: string): string[] {
  return expression.match(/alarena_\w+/g) ?? [];
}

describe('alert rules', () => {
  test('are each tried, firing and silent', async () => {
    const rules: unknown = parse(await readFile(`${folder}/alerts.yaml`, 'utf8'));
    const names = list(at(rules, 'groups', 0, 'rules')).map((rule) => at(rule, 'alert'));
    const cases = list(at(parse(await readFile(`${folder}/alerts_test.yaml`, 'utf8')), 'tests')).flatMap(
      (one) => list(at(one, 'alert_rule_test')),
    );
    for (const name of names) {
      const mine = cases.filter((one) => at(one, 'alertname') === name);
      assert.ok(
        mine.some((one) => list(at(one, 'exp_alerts')).length > 0),
        `${name} fires in a test`,
      );
      assert.ok(
        mine.some((one) => list(at(one, 'exp_alerts')).length === 0),
        `${name} is silent in a test`,
      );
    }
  });

  test('stand in the PrometheusRule as they are', async () => {
    const rules: unknown = parse(await readFile(`${folder}/alerts.yaml`, 'utf8'));
    const objects = await render(shapes['GPU on EKS']!);
    assert.deepEqual(at(named(objects, 'PrometheusRule', 'alarena'), 'spec'), rules);
  });
});

describe('the dashboard', () => {
  test('is what Grafana imports: every panel has its place and a query', async () => {
    const objects = await render(shapes['GPU on EKS']!);
    const text = at(named(objects, 'ConfigMap', 'alarena-dashboard'), 'data', 'alarena.json');
    const dashboard: unknown = JSON.parse(String(text));
    const panels = list(at(dashboard, 'panels'));
    const ids = panels.map((panel) => at(panel, 'id'));
    assert.equal(new Set(ids).size, ids.length);
    for (const panel of panels) {
      if (at(panel, 'type') === 'row') continue;
      assert.ok(Number(at(panel, 'gridPos', 'x')) + Number(at(panel, 'gridPos', 'w')) <= 24);
      assert.ok(at(panel, 'description'), String(at(panel, 'title')));
      for (const target of list(at(panel, 'targets'))) {
        assert.ok(metrics(String(at(target, 'expr'))).length > 0, String(at(panel, 'title')));
      }
    }
  });
});
