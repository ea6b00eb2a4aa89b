// What the chart puts into a service's environment is what the service reads: each process is started with it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { at, environment, list, pods, render, repository, shapes } from './chart.js';

describe("the services' settings", () => {
  // These two have every variable between them.
  for (const name of ['KEDA, everything external', 'every switch']) {
    test(`of every pod for ${name} are known to its service, and none is wrong`, async (t) => {
      const seen = new Set<string>();
      for (const { name: pod, own, pod: template } of pods(await render(shapes[name]!))) {
        const [program = ''] = list(at(template, 'spec', 'containers', 0, 'args')).map(String);
        if (!own || !program.endsWith('/main.js')) continue;
        const variables = environment(template);
        // Pools of one device differ in nothing that a service could refuse.
        const kind = `${program} ${variables.ALARENA_TRAINER_POOL ?? variables.ALARENA_INFERENCE_POOL}`;
        if (seen.has(kind)) continue;
        seen.add(kind);
        const home = await temporaryFolder(t);
        const output = await startup(program, { ...variables, ALARENA_HOME: home });
        // All that is wrong is told at once: that the secrets are not there.
        const faults = faultsIn(output);
        assert.ok(faults.length > 0, `${pod}: ${output}`);
        for (const fault of faults) {
          assert.match(fault, /\/etc\/alarena\/[\w/.-]+|must be set, or \w+_FILE$/, `${pod}: ${fault}`);
        }
      }
      assert.ok(seen.size >= 5);
    });
  }
});

function faultsIn(output: string): string[] {
  const last: unknown = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  return list(at(last, 'err', 'violations')).map((fault) => String(at(fault, 'description')));
}

/** What a service that must fail logs until it has. */
async function startup(program: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, [`${repository}${program}`], {
    env: { ...env, PATH: process.env.PATH },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  const [code] = await once(child, 'close');
  assert.notEqual(code, 0, `${program} ends without its secrets: ${output}`);
  return output;
}
