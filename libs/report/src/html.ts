// report.html: one file that needs nothing else, no network and no script. Everything a user named is escaped.

import type { Json } from '@alarena/core';
import { escapeHtml } from './escape.js';
import { duration, failures } from './format.js';
import { style } from './html-style.js';
import { cellDetails, summarySection } from './html-tables.js';
import type { Report } from './types.js';

/** SVG documents as `renderSvg` gives them. */
export interface Figures {
  readonly learningCurves: string;
  readonly macroF1: string;
}

export function reportHtml(report: Report, figures: Figures): string {
  const { comparison } = report;
  const name = escapeHtml(comparison.name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name} · alarena</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kicker">alarena comparison</p>
<h1>${name}</h1>
${factList(headFacts(report))}
</header>
${failureSection(report)}${summarySection(report)}
<h2>Learning curves</h2>
<figure>${inlineSvg(figures.learningCurves, 'accuracy')}</figure>
<figure>${inlineSvg(figures.macroF1, 'macro-f1')}</figure>
<h2>Every seed</h2>
${cellDetails(report)}
<h2>Cost</h2>
${factList(costFacts(report))}
<h2>How to reproduce</h2>
${reproduceSection(report)}
<footer>Comparison <code>${escapeHtml(comparison.id)}</code>, key <code>${escapeHtml(comparison.key)}</code></footer>
</main>
</body>
</html>
`;
}

type Fact = readonly [name: string, value: string];

function headFacts(report: Report): Fact[] {
  const { spec, createdAt } = report.comparison;
  const seeds = new Set(report.cells.map((cell) => cell.seed)).size;
  const labels = report.cells.flatMap((cell) => cell.rounds.map((round) => round.labels));
  const facts: Fact[] = [];
  const dataset = textAt(spec, 'dataset') ?? textAt(spec, 'dataset', 'name');
  if (dataset !== undefined) facts.push(['data set', dataset]);
  const architecture = textAt(spec, 'model', 'architecture');
  if (architecture !== undefined) facts.push(['model', architecture]);
  facts.push(['strategies × seeds', `${report.strategies.length} × ${seeds}`]);
  if (labels.length > 0) facts.push(['labels', `${Math.min(...labels)} to ${Math.max(...labels)}`]);
  const poolSize = textAt(spec, 'protocol', 'poolSize');
  if (poolSize !== undefined) facts.push(['pool', poolSize]);
  facts.push(['created', createdAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')]);
  return facts;
}

function costFacts({ cost }: Report): Fact[] {
  return [
    ['fits computed', String(cost.fits)],
    ['fits shared', String(cost.fitsShared)],
    ['time on devices', duration(cost.deviceSeconds)],
    ['wall time', duration(cost.wallSeconds)],
  ];
}

function factList(facts: readonly Fact[]): string {
  const items = facts.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="facts">${items.join('')}</dl>`;
}

function failureSection(report: Report): string {
  const failed = failures(report).map(
    ({ cell, reason }) =>
      `<li><strong>${escapeHtml(cell.strategy)}</strong>, seed ${cell.seed}: ${escapeHtml(reason)}</li>`,
  );
  if (failed.length === 0) return '';
  return `<section class="failures"><h2>Failed cells</h2>
<p>They count in no estimate and no curve.</p><ul>${failed.join('')}</ul></section>\n`;
}

function reproduceSection(report: Report): string {
  const { spec, versions } = report.comparison;
  const names = Object.entries(versions).map(([name, version]): Fact => [name, version]);
  return `<p>Save the specification as <code>comparison.yaml</code> (JSON is YAML) and run it with the versions below.
Finished work in the same store is not done again.</p>
<pre>npx alarena compare comparison.yaml</pre>
${factList(names)}
<details><summary>Specification</summary><pre>${escapeHtml(JSON.stringify(spec, null, 2))}</pre></details>`;
}

/** The string or number at a path of the spec, as text. */
function textAt(spec: Json, ...path: readonly string[]): string | undefined {
  let value: Json | undefined = spec;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === key)?.[1];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A figure within the page: no namespaces (HTML knows SVG), scalable, and ids that no other figure has. */
function inlineSvg(svg: string, prefix: string): string {
  return svg.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '').replaceAll(/(id="|url\(#)clip/g, `$1${prefix}-clip`);
}
