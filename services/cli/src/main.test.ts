import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { runBin } from './run-bin.js';

const commands = [
  'compare',
  'submit',
  'watch',
  'list',
  'show',
  'cancel',
  'pause',
  'resume',
  'set',
  'report',
  'strategies',
  'data',
  'pick',
  'hdbscan',
  'serve',
];

describe('help', () => {
  test('names every command and ends well', async () => {
    const { status, stdout, stderr } = await runBin(['--help']);
    assert.equal(status, 0);
    assert.equal(stderr, '');
    for (const command of commands) assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
  });

  test('of a command shows the options of all commands too', async () => {
    const { status, stdout } = await runBin(['compare', '--help']);
    assert.equal(status, 0);
    for (const option of ['--out', '--format', '--json', '--server'])
      assert.match(stdout, new RegExp(option));
  });

  test('without a command it goes to stderr, as bad usage', async () => {
    const { status, stdout, stderr } = await runBin([]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: alarena/);
  });
});

describe('bad usage ends in status 2', () => {
  for (const [what, args, message] of [
    [
      'an unknown command, with the nearest known',
      ['compair', 'x'],
      /unknown command 'compair'\n\(Did you mean compare\?\)/,
    ],
    ['an unknown command of a group', ['strategies', 'shw'], /unknown command 'shw'; did you mean "show"\?/],
    ['an unknown option', ['list', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    ['a missing argument', ['show'], /missing required argument 'id'/],
    ['nothing to set', ['set', 'x'], /--parallelism, --priority: give at least one of them/],
    ['a priority out of range', ['set', 'x', '--priority', '5000'], /integer from -1000 to 1000/],
    ['a number out of range', ['set', 'x', '--parallelism', '0'], /integer from 1/],
    ['a port out of range', ['serve', 'all', '--port', '65536'], /integer from 0 to 65535/],
    [
      'an address that others reach',
      ['serve', 'all', '--host', '0.0.0.0'],
      /--host: must be of this machine alone/,
    ],
    ['an unknown service', ['serve', 'trainr'], /there is no service "trainr"/],
    ['a server without a port', ['list', '--server', 'localhost'], /must be host:port/],
    [
      'an unknown format',
      ['report', 'x', '--format', 'htm'],
      /there is no format "htm"; did you mean "html"\?/,
    ],
    ['an unknown strategy', ['strategies', 'show', 'margn'], /did you mean "margin"\?/],
    ['a spec that is not there', ['compare', 'none.yaml'], /there is no file none\.yaml/],
  ] as const) {
    test(what, async () => {
      const { status, stdout, stderr } = await runBin(args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }
});

describe('a bad spec', () => {
  const bad = 'name: x\ndataset: mnist\nmodel: { architecture: vgg }\nstrategies: [margn]\nseeds: 0\n';

  test('has every violation on a line of its own', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'bad.yaml'), bad);
    const { status, stdout, stderr } = await runBin(['compare', 'bad.yaml'], { cwd: folder });
    assert.equal(status, 2);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines[0], 'error: bad.yaml is not a valid spec');
    assert.deepEqual(
      lines.slice(1).map((line) => line.split(':')[0]?.trim()),
      ['model.architecture', 'strategies[0]', 'seeds'],
    );
  });

  test('is one document on stdout with --json', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'bad.yaml'), bad);
    const { status, stdout } = await runBin(['submit', '--json', 'bad.yaml'], { cwd: folder });
    assert.equal(status, 2);
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, 'invalid-argument');
    assert.equal(error.violations.length, 3);
  });
});

describe('without a server', () => {
  test('the catalogue of strategies comes from the program itself', async () => {
    const listed = await runBin(['strategies', '--json']);
    assert.equal(listed.status, 0);
    const { strategies } = JSON.parse(listed.stdout);
    assert.ok(strategies.some((strategy: { name: string }) => strategy.name === 'bald'));
    const shown = await runBin(['strategies', 'show', 'bald']);
    assert.match(shown.stdout, /^needs: +monteCarlo$/m);
    assert.match(shown.stdout, /1112\.5745/);
  });

  test('an address at which nothing listens is said, with what to do', async () => {
    const env = { ALARENA_SERVER: '127.0.0.1:1' };
    const { status, stderr } = await runBin(['list'], { env });
    assert.equal(status, 1);
    assert.match(stderr, /no server answers at 127\.0\.0\.1:1; start one with "alarena serve all"/);
  });

  test('an address of another machine is said with its port and TLS, not with a server to start', async () => {
    const { status, stderr } = await runBin(['list', '--server', '0.0.0.0:1']);
    assert.equal(status, 1);
    assert.match(stderr, /no server answers at 0\.0\.0\.0:1; check the name and the port.*50050.*--ca FILE/);
    assert.doesNotMatch(stderr, /serve all/);
  });
});
