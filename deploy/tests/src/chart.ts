// The chart as Helm renders it, for assertions on the objects.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureServer } from '@alarena/testkit';
import { parseAllDocuments } from 'yaml';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
export const chartFolder = `${repository}charts/alarena`;

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface Rendering {
  /** Files in the chart's folder, later ones over earlier ones. */
  readonly values: readonly string[];
  /** As `--set`. */
  readonly set?: readonly string[];
  readonly release?: string;
}

/** Every supported shape of an installation. */
export const shapes: Readonly<Record<string, Rendering>> = {
  dev: { values: ['values-dev.yaml'] },
  'GPU on GKE': { values: ['values-gpu.yaml', 'values-gpu-gke.yaml'] },
  'GPU on EKS': { values: ['values-gpu.yaml', 'values-gpu-eks.yaml'] },
  'KEDA, everything external': {
    values: ['values-gpu.yaml', 'ci/keda-external-values.yaml'],
  },
  'every switch': { values: ['values-gpu.yaml', 'ci/all-values.yaml'] },
};

export async function helm(args: readonly string[]): Promise<string> {
  const program = await ensureServer('helm');
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 1 << 26 });
  return stdout;
}

export function renderingArgs({ values, set = [] }: Rendering): string[] {
  return [
    ...values.flatMap((file) => ['--values', `${chartFolder}/${file}`]),
    ...set.flatMap((assignment) => ['--set', assignment]),
  ];
}

/** The text of all objects, tests included. */
export async function renderText(rendering: Rendering): Promise<string> {
  const release = rendering.release ?? 'alarena';
  return helm(['template', release, chartFolder, '--namespace', 'research', ...renderingArgs(rendering)]);
}

export async function render(rendering: Rendering): Promise<KubernetesObject[]> {
  return parseAllDocuments(await renderText(rendering))
    .map((document) => {
      assert.deepEqual(document.errors, []);
      return document.toJS() as KubernetesObject | null;
    })
    .filter((object) => object !== null);
}

/** Standard error of a rendering that is refused. */
export async function renderRefused(rendering: Rendering): Promise<string> {
  const refused = await renderText(rendering).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  assert.ok(refused !== undefined, 'these values are refused');
  return refused;
}

/** What stands at a path of an object; undefined where a part of the path is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function ofKind(objects: readonly KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind);
}

export function named(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name} is among ${ofKind(objects, kind).map((one) => one.metadata.name)}`);
  return found;
}

/** Name and pod of everything that makes pods. */
export function pods(objects: readonly KubernetesObject[]): { name: string; own: boolean; pod: unknown }[] {
  return objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Pod'].includes(kind))
    .map((object) => ({
      name: `${object.kind} ${object.metadata.name}`,
      own: object.metadata.labels?.['app.kubernetes.io/name'] === 'alarena',
      pod: object.kind === 'Pod' ? object : at(object, 'spec', 'template'),
    }));
}

/** A container's plain variables. */
export function environment(pod: unknown): Record<string, string> {
  return Object.fromEntries(
    list(at(pod, 'spec', 'containers', 0, 'env')).map((variable) => [
      String(at(variable, 'name')),
      String(at(variable, 'value')),
    ]),
  );
}
