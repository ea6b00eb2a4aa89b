// Writes a report folder. Every file appears whole or not at all: a reader never sees half of one, and a failed
// write leaves what was there before.

import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, type ErrorCode } from '@alarena/core';
import { roundsCsv } from './csv.js';
import { learningCurvesSpec } from './figure-spec.js';
import { renderSvg } from './figure-svg.js';
import { reportHtml } from './html.js';
import { picksBelong, reportJson } from './json.js';
import { summaryMarkdown } from './markdown.js';
import type { Report } from './types.js';

export const reportFormats = ['html', 'json', 'csv', 'svg', 'md'] as const;

export type ReportFormat = (typeof reportFormats)[number];

/** Writes the files of the given formats and returns their paths within the folder, in a fixed order. */
export async function writeReport(
  folder: string,
  report: Report,
  formats: readonly ReportFormat[] = reportFormats,
): Promise<string[]> {
  const files = await filesOf(report, new Set(formats));
  for (const [path, content] of files) await writeWhole(join(folder, path), content);
  return files.map(([path]) => path);
}

async function filesOf(report: Report, formats: ReadonlySet<ReportFormat>): Promise<[string, string][]> {
  const files: [string, string][] = [];
  if (formats.has('json')) files.push(['report.json', reportJson(report)]);
  // report.json refers to rounds.csv for very many picks.
  if (formats.has('csv') || (formats.has('json') && !picksBelong(report))) {
    files.push(['rounds.csv', roundsCsv(report)]);
  }
  if (formats.has('md')) files.push(['summary.md', summaryMarkdown(report)]);
  if (!formats.has('html') && !formats.has('svg')) return files;

  const specs = {
    learningCurves: learningCurvesSpec(report),
    macroF1: learningCurvesSpec(report, 'macroF1'),
  };
  const figures = {
    learningCurves: await renderSvg(specs.learningCurves),
    macroF1: await renderSvg(specs.macroF1),
  };
  if (formats.has('html')) files.push(['report.html', reportHtml(report, figures)]);
  if (formats.has('svg')) {
    files.push(
      ['figures/learning-curves.svg', figures.learningCurves],
      ['figures/learning-curves.vl.json', pretty(specs.learningCurves)],
      ['figures/macro-f1.svg', figures.macroF1],
      ['figures/macro-f1.vl.json', pretty(specs.macroF1)],
    );
  }
  return files;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {});
    throw writeError(path, thrown);
  }
}

const codes: Readonly<Record<string, [ErrorCode, string]>> = {
  ENOSPC: ['resource-exhausted', 'the disk is full; free some space or name another folder'],
  EDQUOT: ['resource-exhausted', 'the quota is used up; free some space or name another folder'],
  EACCES: ['permission-denied', 'no permission to write there; name another folder'],
  EPERM: ['permission-denied', 'no permission to write there; name another folder'],
  EROFS: ['permission-denied', 'the file system is read-only; name another folder'],
  ENOTDIR: ['invalid-argument', 'part of the path is a file; name another folder'],
  EEXIST: ['invalid-argument', 'part of the path is a file; name another folder'],
  EISDIR: ['invalid-argument', 'a folder of that name is in the way; name another folder'],
};

function writeError(path: string, thrown: unknown): AppError {
  const known = thrown instanceof Error && 'code' in thrown ? codes[String(thrown.code)] : undefined;
  if (known === undefined) return AppError.from(thrown);
  return new AppError(known[0], `cannot write ${path}: ${known[1]}`, { cause: thrown, facts: { path } });
}
