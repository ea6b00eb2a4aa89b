// Renders a Vega-Lite specification to SVG without a browser. Vega is large: it is loaded on the first figure.

import type { TopLevelSpec } from 'vega-lite';
import type { Metric } from './curves.js';
import { learningCurvesSpec } from './figure-spec.js';
import type { Report } from './types.js';

export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const [{ compile }, { parse, View, Warn }] = await Promise.all([import('vega-lite'), import('vega')]);
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: Warn });
  try {
    return withOwnIds(await view.toSVG());
  } finally {
    view.finalize();
  }
}

/** Vega numbers clips and gradients through the whole process; here every figure starts from 0. */
function withOwnIds(svg: string): string {
  const numbers = new Map<string, string>();
  return svg.replaceAll(
    /(id="|url\(#)((?:clip|gradient)[\w-]*?)(?=["')])/g,
    (_, before: string, id: string) => {
      if (!numbers.has(id)) numbers.set(id, `clip${numbers.size}`);
      return `${before}${numbers.get(id)}`;
    },
  );
}

export function learningCurvesSvg(report: Report, metric: Metric = 'accuracy'): Promise<string> {
  return renderSvg(learningCurvesSpec(report, metric));
}
