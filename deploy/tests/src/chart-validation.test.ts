// Values that are refused, and what is said about them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderRefused, renderText } from './chart.js';

const dev = ['values-dev.yaml'];

describe('values of the chart', () => {
  test('are told whole what must be set, where nothing is', async () => {
    const refused = await renderRefused({ values: [] });
    for (const key of [
      'tls.existingSecret',
      'auth.existingSecret',
      'nats.auth.existingSecret',
      'minio.auth.existingSecret',
    ]) {
      assert.match(refused, new RegExp(key.replaceAll('.', '\\.')));
    }
  });

  for (const [typo, where] of [
    ['replica=3', ''],
    ['components.strategy.replica=3', '/components/strategy'],
    ['pools.cpu.maximum=3', '/pools/cpu'],
    ['pools.cpu.trainer.mx=3', '/pools/cpu/trainer'],
    ['scaler.keda.interval=3', '/scaler/keda'],
    ['networkPolicy.enable=true', '/networkPolicy'],
    ['external.s3.end=x', '/external/s3'],
    ['nats.replcas=3', ''],
    ['minio.storage.sise=1Gi', '/storage'],
  ] as const) {
    test(`with a misspelt ${typo.split('=')[0]} are refused by name`, async () => {
      const refused = await renderRefused({ values: dev, set: [typo] });
      assert.match(refused, /additional properties '\w+' not allowed/);
      assert.ok(refused.includes(`at '${where}'`), refused);
    });
  }

  for (const [assignment, says] of [
    ['scaler.kind=hpa', /scaler\/kind/],
    ['pools.cpu.device=tpu', /device/],
    ['pools.CPU.max=3', /CPU/],
    ['pools.cpu.min=9', /pools\.cpu\.trainer: min 9 is above max 2/],
    ['components.orchestrator.settings.POOL=gpu', /there is no pool "gpu".*pools are cpu/],
    ['pools.cpu=null', /there is no pool "cpu"/],
    ['tls.certManager.issuerRef.name=ca', /not both/],
    ['auth.oidc.issuer=https://login.example.org', /issuer, audience and jwks are set together/],
    ['external.nats.url=nats://n:4222', /either nats\.enabled or external\.nats\.url/],
    ['minio.enabled=false', /either minio\.enabled or external\.s3\.endpoint/],
    ['external.s3.endpoint=minio:9000', /external\/s3\/endpoint/],
    ['scaler.kind=keda', /pools\.cpu\.trainer\.numerics: KEDA reads the queue/],
    ['components.orchestrator=null', /missing property 'orchestrator'/],
  ] as const) {
    test(`with ${assignment} are refused`, async () => {
      assert.match(await renderRefused({ values: dev, set: [assignment] }), says);
    });
  }

  test('need the address ranges of what is outside, unless there are no policies', async () => {
    const set = [
      'minio.enabled=false',
      'external.s3.endpoint=https://s3.example.org',
      'external.s3.existingSecret=keys',
    ];
    assert.match(await renderRefused({ values: dev, set }), /external\.s3\.cidrs/);
    await renderText({ values: dev, set: [...set, 'networkPolicy.enabled=false'] });
  });
});
