import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { learningCurvesSvg } from './figure-svg.js';
import { hostileReport, report } from './fixture.js';
import { reportHtml } from './html.js';
import type { Report } from './types.js';

async function htmlOf(of: Report): Promise<string> {
  return reportHtml(of, {
    learningCurves: await learningCurvesSvg(of),
    macroF1: await learningCurvesSvg(of, 'macroF1'),
  });
}

describe('report.html', () => {
  test('needs no network and no script', async () => {
    for (const html of [await htmlOf(report), await htmlOf(hostileReport)]) {
      assert.doesNotMatch(html, /https?:\/\//);
      assert.doesNotMatch(html, /<script|<link|<iframe|<img|@import|url\((?!#)|<[a-z][^>]*\son\w+=/i);
    }
  });

  test('closes every element it opens', async () => {
    for (const html of [await htmlOf(report), await htmlOf(hostileReport)]) assertWellFormed(html);
  });

  test('escapes what users named', async () => {
    const html = await htmlOf(hostileReport);
    assert.ok(html.includes('<h1>&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;</h1>'));
    assert.ok(html.includes('&lt;img src=x onerror=alert(1)&gt;'));
    assert.ok(html.includes('&lt;b&gt;&#39;no&#39;&lt;/b&gt;'));
  });

  test('shows estimates, differences, failures, seeds, cost, versions and the spec', async () => {
    const html = await htmlOf(report);
    const expected = [
      '0.7250',
      '+0.0750',
      'out of memory',
      '1 of 2 finished',
      '3 min 07 s',
      'alarena',
      '&quot;mnist&quot;',
    ];
    for (const text of expected) assert.ok(html.includes(text), text);
    assert.ok(html.includes('n/a'), 'bald has one seed');
  });

  test('gives no id twice', async () => {
    const html = await htmlOf(report);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.ok(ids.length > 0);
    assert.equal(new Set(ids).size, ids.length);
    for (const [, id] of html.matchAll(/url\(#([^)]*)\)/g)) assert.ok(ids.includes(id), id);
  });

  test('is the same every time', async () => {
    assert.equal(await htmlOf(report), await htmlOf(report));
  });
});

/** Every element but the void ones is closed in order; text holds no bare `<`. */
function assertWellFormed(html: string): void {
  const open: string[] = [];
  const body = html.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/g, '');
  for (const [, slash, name, rest] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === '/') assert.equal(open.pop(), name);
    else if (!rest!.endsWith('/') && name !== 'meta') open.push(name!);
  }
  assert.deepEqual(open, []);
  const text = body.replaceAll(/<\/?[a-zA-Z][\w-]*(?:"[^"]*"|[^">])*>/g, '');
  assert.doesNotMatch(text, /[<>]/);
}
