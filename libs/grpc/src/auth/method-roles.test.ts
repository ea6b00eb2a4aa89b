import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as api from '@alarena/api';
import { readMethodRoles } from './method-roles.js';
import { highestRole, mayActAs, ROLES } from './role.js';

/** Paths of all methods in the generated services. */
function generatedPaths(): string[] {
  return Object.values(api).flatMap((area) =>
    Object.entries(area)
      .filter(([name]) => /^[A-Z]\w*Service$/.test(name))
      .flatMap(([, service]) => Object.values(service as Record<string, { path?: string }>))
      .flatMap(({ path }) => (path === undefined ? [] : [path])),
  );
}

describe('the contracts', () => {
  test('say for every method who may call it', async () => {
    const roles = await readMethodRoles();
    const paths = generatedPaths();
    assert.ok(paths.length >= 23, `${paths.length} methods`);
    assert.deepEqual([...roles.keys()].sort(), paths.sort());
    const silent = [...roles].filter(([, role]) => role === undefined).map(([path]) => path);
    assert.deepEqual(silent, [], 'add `option (alarena.common.v1.role) = ROLE_…;` to these methods');
  });

  test('let viewers read, submitters steer, admins change the installation', async () => {
    const roles = await readMethodRoles();
    const of = (service: string, method: string) => roles.get(`/alarena.${service}/${method}`);
    for (const method of ['GetComparison', 'ListComparisons', 'WatchComparison', 'GetReport'])
      assert.equal(of('comparison.v1.ComparisonService', method), 'viewer', method);
    for (const method of ['SubmitComparison', 'CancelComparison', 'PauseComparison', 'ResumeComparison'])
      assert.equal(of('comparison.v1.ComparisonService', method), 'submitter', method);
    assert.equal(of('dataset.v1.DatasetService', 'StreamSamples'), 'viewer');
    for (const method of ['ImportDataset', 'RemoveDataset'])
      assert.equal(of('dataset.v1.DatasetService', method), 'submitter', method);
    assert.equal(of('training.v1.TrainingService', 'Fit'), 'submitter');
    for (const method of ['SetPool', 'CollectGarbage'])
      assert.equal(of('cluster.v1.ClusterService', method), 'admin', method);
  });
});

test('each role may do all that the ones before it may', () => {
  for (const [h, held] of ROLES.entries())
    for (const [n, needed] of ROLES.entries()) assert.equal(mayActAs(held, needed), h >= n);
  assert.equal(highestRole(['viewer', 'admin', 'root']), 'admin');
  assert.equal(highestRole(['root']), undefined);
});
