export { buildReport } from './build.js';
export { roundsCsv } from './csv.js';
export { type CurveMean, learningCurves, type Metric } from './curves.js';
export { learningCurvesSpec } from './figure-spec.js';
export { learningCurvesSvg } from './figure-svg.js';
export { type Figures, reportHtml } from './html.js';
export { reportJson } from './json.js';
export { summaryMarkdown } from './markdown.js';
export { summaryTable } from './table.js';
export type {
  CellStatus,
  ComparisonCost,
  ComparisonHeader,
  Difference,
  Estimate,
  MeasuredCell,
  MeasuredRound,
  Report,
  StrategySummary,
} from './types.js';
export { type ReportFormat, reportFormats, writeReport } from './write.js';
