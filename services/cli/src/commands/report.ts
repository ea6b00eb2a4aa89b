// `alarena report ID…`: the report folder and the summary table from what is measured so far.

import { join, relative, resolve } from 'node:path';
import { AppError, didYouMean } from '@alarena/core';
import { type Report, type ReportFormat, reportFormats, summaryTable, writeReport } from '@alarena/report';
import { type Connection, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { costLine } from '../format/comparison.js';
import { fetchReport } from '../measured.js';
import { print } from './print.js';

export interface ReportOptions {
  readonly out?: string;
  readonly format?: readonly string[];
}

export interface WrittenReport {
  readonly report: Report;
  readonly folder: string;
  readonly files: readonly string[];
}

export async function report(
  context: CommandContext,
  ids: readonly string[],
  options: ReportOptions,
): Promise<ExitStatus> {
  const formats = checkedFormats(options.format);
  const written = await withServer(context, async (connection) => {
    const all: WrittenReport[] = [];
    for (const id of ids) {
      // Several reports would overwrite each other in one folder.
      const { out } = options;
      const folderOf = (name: string): string =>
        out === undefined ? defaultFolder(name) : ids.length === 1 ? out : join(out, name);
      all.push(await writeFetched(connection, context, id, folderOf, formats));
    }
    return all;
  });
  print(context, { reports: written.map(writtenJson) }, () => written.map(writtenText).join('\n\n'));
  return ExitStatus.done;
}

export function defaultFolder(name: string): string {
  return join('reports', name);
}

export async function writeFetched(
  connection: Connection,
  context: CommandContext,
  id: string,
  folderOf: (name: string) => string,
  formats: readonly ReportFormat[],
): Promise<WrittenReport> {
  const fetched = await fetchReport(connection, context, id);
  const folder = resolve(folderOf(fetched.comparison.name));
  const files = await writeReport(folder, fetched, formats);
  return { report: fetched, folder, files };
}

export function writtenJson({
  report: { comparison, strategies, cost },
  folder,
  files,
}: WrittenReport): object {
  const { id, name, key } = comparison;
  return { comparison: { id, name, key }, folder, files, strategies, cost };
}

export function writtenText({ report: made, folder }: WrittenReport): string {
  const { name, id } = made.comparison;
  const color = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const shown = relative('.', folder);
  return [
    `${name} (${id})`,
    '',
    summaryTable(made, { color }),
    '',
    costLine(made.cost),
    `report: ${shown === '' ? '.' : shown}`,
  ].join('\n');
}

/** All that there are, unless some are named. Throws an AppError `invalid-argument` for those that are unknown. */
export function checkedFormats(names: readonly string[] | undefined): readonly ReportFormat[] {
  if (names === undefined) return reportFormats;
  const known = names.map((name) => ({ name, format: reportFormats.find((format) => format === name) }));
  const violations = known
    .filter(({ format }) => format === undefined)
    .map(({ name }) => ({
      field: '--format',
      description: `there is no format "${name}"${didYouMean(name, reportFormats) || `; there are ${reportFormats.join(', ')}`}`,
    }));
  if (violations.length > 0) throw AppError.invalid('the report:', violations);
  return known.flatMap(({ format }) => (format === undefined ? [] : [format]));
}
