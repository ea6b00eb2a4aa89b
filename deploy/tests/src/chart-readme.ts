// The chart's page, made from the comments of its values: a comment that begins with `# --` is about the key below it.

import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

export interface Chart {
  readonly title: string;
  readonly folder: string;
}

const installations = [
  ['file', 'an installation'],
  ['`values.yaml`', 'defaults; certificate, tokens and passwords must be named'],
  ['`values-dev.yaml`', 'small, for kind or minikube; CPU, everything included'],
  ['`values-gpu.yaml`', "GPU pools, three NATS servers, an S3 of one's own, metrics"],
  ['`values-gpu-gke.yaml`', 'on top of it: nodes of Google Kubernetes Engine'],
  ['`values-gpu-eks.yaml`', 'on top of it: nodes of Amazon EKS with Karpenter'],
  ['`ci/`', 'on top of it: shapes for the tests'],
];

const secrets = [
  ['secret', 'keys', 'for'],
  ['`tls.existingSecret`', '`tls.crt`, `tls.key`, `ca.crt`', 'the gRPC servers; or `tls.certManager`'],
  ['`auth.existingSecret`', '`tokens`', 'hashed bearer tokens; or `auth.oidc`'],
  ['`nats.auth.existingSecret`', '`password`', 'NATS'],
  ['`minio.auth.existingSecret`', '`accessKey`, `secretKey`', 'MinIO; or `external.s3.existingSecret`'],
  ['`test.tokenSecret`', '`token`', '`helm test`, as a client'],
];

const introduction = `# alarena

Every service of alarena on Kubernetes: the orchestrator (the one front door), the data set store, the strategies, pools
of CPU and GPU workers, and, unless they are elsewhere, NATS and MinIO. From an empty cluster to the first comparison:
[docs/deploy.md](../../docs/deploy.md).

${table(installations).join('\n')}

The chart makes no secret. It reads these, and mounts them as files:

${table(secrets).join('\n')}

A new component or pool is a key under \`components\` or \`pools\`. Values that do not fit together are refused with the
reason. This page is made from the values' comments: \`npm run readme --workspace deploy/tests\`.
`;

/** The whole page. */
export async function chartReadme(charts: readonly Chart[]): Promise<string> {
  const tables = await Promise.all(
    charts.map(async ({ title, folder }) => {
      const rows = valueRows(await readFile(`${folder}/values.yaml`, 'utf8'));
      const cells = rows.map(({ key, value, about }) => [`\`${key}\``, value, about]);
      return [`## ${title}`, '', ...table([['key', 'default', ''], ...cells]), ''].join('\n');
    }),
  );
  return [introduction, ...tables].join('\n');
}

/** Lines of a table with columns of equal width, as the formatter has them. */
function table([header = [], ...rows]: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

interface Row {
  readonly key: string;
  readonly value: string;
  readonly about: string;
}

export function valueRows(text: string): Row[] {
  const document = parseDocument(text);
  return isMap(document.contents) ? rowsOf(document.contents, '') : [];
}

function rowsOf(map: YAMLMap, prefix: string): Row[] {
  return map.items.flatMap((pair, index) => {
    const key = `${prefix}${keyOf(pair)}`;
    const about = commentOfPair(map, pair, index);
    const { value } = pair;
    const inner = isMap(value) && !value.flow ? rowsOf(value, `${key}.`) : [];
    if (about === undefined) return inner;
    // A map whose keys are explained one by one has no default of its own to show.
    return [{ key, value: inner.length > 0 ? '' : defaultOf(value), about }, ...inner];
  });
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** The comment before a map's first key belongs to the map itself, as the parser sees it. */
function commentOfPair(map: YAMLMap, pair: Pair, index: number): string | undefined {
  const before = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  return commentOf(before ?? (index === 0 ? map.commentBefore : undefined));
}

function commentOf(comment: string | null | undefined): string | undefined {
  const lines = (comment ?? '').split('\n').map((line) => line.trim());
  const first = lines.findLastIndex((line) => line.startsWith('-- '));
  return first === -1 ? undefined : lines.slice(first).join(' ').slice(3).trim().replaceAll('|', '\\|');
}

function defaultOf(value: unknown): string {
  return `\`${JSON.stringify(isNode(value) ? value.toJSON() : null)}\``.replaceAll('|', '\\|');
}

/**
 * Keys of the values that nothing explains: no comment of their own, none on a map around them that is explained as a
 * whole, and none on a key of the same name elsewhere.
 */
export function unexplained(text: string): string[] {
  const explained = new Set(valueRows(text).map(({ key }) => key.split('.').at(-1)));
  const visit = (map: YAMLMap, prefix: string): string[] =>
    map.items.flatMap((pair, index) => {
      const key = keyOf(pair);
      const about = commentOfPair(map, pair, index);
      const inner = isMap(pair.value) && !pair.value.flow ? pair.value : undefined;
      const asAWhole = about === undefined ? explained.has(key) : !inner || rowsOf(inner, '').length === 0;
      if (asAWhole) return [];
      return inner === undefined ? [`${prefix}${key}`] : visit(inner, `${prefix}${key}.`);
    });
  const { contents } = parseDocument(text);
  return isMap(contents) ? visit(contents, '') : [];
}
