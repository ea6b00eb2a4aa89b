// skaffold.yaml names files, targets, images and values: all of them exist, and the chart renders as each profile says.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { at, chartFolder, list, named, render, repository } from './chart.js';

interface Artifact {
  readonly image: string;
  readonly context: string;
  readonly docker: { readonly dockerfile: string; readonly target: string };
  readonly requires?: readonly { readonly image: string; readonly alias: string }[];
}

const skaffold: unknown = parse(await readFile(`${repository}skaffold.yaml`, 'utf8'), { merge: true });
const values: unknown = parse(await readFile(`${chartFolder}/values.yaml`, 'utf8'));
const profiles = list(at(skaffold, 'profiles'));

/** What a profile builds and deploys: its own sections over those of the file. */
function section(profile: unknown, ...path: readonly string[]): readonly unknown[] {
  return list(at(profile, ...path) ?? at(skaffold, ...path));
}

describe('skaffold.yaml', () => {
  test('has the profiles cpu, gpu and debug', () => {
    assert.equal(at(skaffold, 'apiVersion'), 'skaffold/v3');
    assert.deepEqual(
      profiles.map((profile) => at(profile, 'name')),
      ['cpu', 'gpu', 'debug'],
    );
  });

  test('patches no list by place', () => {
    for (const profile of profiles) assert.equal(at(profile, 'patches'), undefined);
  });

  for (const profile of profiles) {
    const artifacts = section(profile, 'build', 'artifacts') as readonly Artifact[];
    const [release] = section(profile, 'deploy', 'helm', 'releases');

    test(`${at(profile, 'name')}: every image has its build file and target`, async () => {
      for (const { image, context, docker, requires = [] } of artifacts) {
        assert.equal(context, '.');
        const text = await readFile(`${repository}${docker.dockerfile}`, 'utf8');
        assert.match(text, new RegExp(`^FROM \\S+ AS ${docker.target}$`, 'm'), image);
        for (const required of requires) {
          assert.ok(
            artifacts.some((one) => one.image === required.image),
            required.image,
          );
          assert.match(text, new RegExp(`^ARG ${required.alias}=`, 'm'));
        }
      }
    });

    test(`${at(profile, 'name')}: every value set is one of the chart's, from an image that is built`, () => {
      const templates = Object.entries(at(release, 'setValueTemplates') as Record<string, string>);
      assert.ok(templates.length > 0);
      for (const [key, template] of templates) {
        assert.equal(typeof at(values, ...key.split('.')), 'string', `${key} is a value of the chart`);
        const name = /^\{\{\.IMAGE_(?:REPO|TAG|DIGEST)_(\w+)\}\}$/.exec(template)?.[1];
        assert.ok(
          artifacts.some(({ image }) => image.replaceAll('-', '_') === name),
          `${template} is built`,
        );
      }
    });

    test(`${at(profile, 'name')}: the chart renders with its values, and with the images built`, async () => {
      const files = list(at(release, 'valuesFiles')).map(String);
      for (const file of files) assert.ok(existsSync(`${repository}${file}`), file);
      assert.equal(`${repository}${at(release, 'chartPath')}`, chartFolder);
      const objects = await render({
        values: files.map((file) => file.replace(/^charts\/alarena\//, '')),
        set: Object.keys(at(release, 'setValueTemplates') as object).map((key) =>
          key.endsWith('.digest') ? `${key}=` : `${key}=built`,
        ),
      });
      const images = objects.flatMap((object) =>
        list(at(object, 'spec', 'template', 'spec', 'containers')).map((one) => String(at(one, 'image'))),
      );
      for (const image of images.filter((one) => !/nats|minio/.test(one))) assert.equal(image, 'built:built');
      for (const forward of list(at(skaffold, 'portForward'))) {
        const service = named(objects, 'Service', String(at(forward, 'resourceName')));
        assert.equal(at(service, 'spec', 'ports', 0, 'port'), at(forward, 'port'));
      }
    });
  }
});
