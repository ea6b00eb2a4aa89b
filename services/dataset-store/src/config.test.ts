import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './config.js';
import { appError } from './fixtures.js';

test('settings have defaults, and all local state is below the home', () => {
  const config = readConfig({ ALARENA_HOME: '/data' });
  assert.equal(config.settings.port, 50_051);
  assert.equal(config.settings.reflection, false);
  assert.deepEqual(
    [config.storeFolder, config.workFolder, config.cacheFolder],
    ['/data/store', '/data/tmp', '/data/cache/shards'],
  );
});

test('settings out of range and misspelled ones are refused together', () => {
  assert.throws(
    () => readConfig({ ALARENA_DATASET_STORE_PORT: '70000', ALARENA_DATASET_STORE_HOTS: 'x' }),
    appError('invalid-argument', /_HOTS: .*ALARENA_DATASET_STORE_HOST(.|\n)*_PORT/),
  );
});
