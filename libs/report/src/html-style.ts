// The style sheet of report.html: system fonts, light and dark by the reader's setting, and print.

import { baselineColour, colours } from './palette.js';

/** Vega writes colours into attributes; style rules win over those, so the figures can follow the page. */
function darkFigures(): string {
  return [...colours, baselineColour]
    .map(({ light, dark }) => `svg [fill="${light}"]{fill:${dark}} svg [stroke="${light}"]{stroke:${dark}}`)
    .join('\n');
}

export const style = `
:root { --ink:#1f2430; --soft:#5b6472; --faint:#e3e6eb; --page:#fbfbfa; --card:#fff; --better:#00734f; --worse:#b04a00; }
* { box-sizing:border-box }
body { margin:0; background:var(--page); color:var(--ink); font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif; }
main { max-width:64rem; margin:0 auto; padding:3rem 1.5rem 4rem }
header { border-bottom:1px solid var(--faint); padding-bottom:1.5rem; margin-bottom:2rem }
.kicker { color:var(--soft); font-size:.8rem; letter-spacing:.08em; text-transform:uppercase; margin:0 }
h1 { font-size:2.1rem; line-height:1.2; letter-spacing:-.02em; margin:.25rem 0 1rem; overflow-wrap:anywhere }
h2 { font-size:1.2rem; letter-spacing:-.01em; margin:2.75rem 0 .75rem }
p { margin:.5rem 0; max-width:46rem }
.note { color:var(--soft); font-size:.875rem }
dl.facts { display:flex; flex-wrap:wrap; gap:.75rem 2.25rem; margin:0 }
dl.facts dt { color:var(--soft); font-size:.78rem }
dl.facts dd { margin:0; font-weight:550; overflow-wrap:anywhere }
.scroll { overflow-x:auto }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; font-size:.92rem }
th { color:var(--soft); font-weight:500; font-size:.8rem; text-align:left; vertical-align:bottom }
th,td { padding:.5rem .75rem; border-bottom:1px solid var(--faint); white-space:nowrap }
th:first-child,td:first-child { padding-left:0 } th:last-child,td:last-child { padding-right:0 }
td.number,th.number { text-align:right }
td.name { font-weight:600 }
td .range { display:block; color:var(--soft); font-size:.82rem; font-weight:400 }
.swatch { display:inline-block; width:.65rem; height:.65rem; border-radius:50%; margin-right:.55rem; vertical-align:.02em }
.better { color:var(--better); font-weight:600 } .worse { color:var(--worse); font-weight:600 }
.status { border-radius:1rem; padding:.05rem .55rem; font-size:.78rem; background:var(--faint) }
.status.failed { background:var(--worse); color:var(--page) }
figure { margin:1.25rem 0; background:var(--card); border:1px solid var(--faint); border-radius:.6rem; padding:.75rem }
figure svg { display:block; width:100%; height:auto }
svg.interval { display:block; overflow:visible }
svg.interval .axis { stroke:var(--soft); stroke-dasharray:2 2 }
svg.interval .bar { stroke:currentColor; stroke-width:2 } svg.interval circle { fill:currentColor }
details { border-bottom:1px solid var(--faint); padding:.35rem 0 } details > :not(summary) { margin:.5rem 0 1rem }
summary { cursor:pointer; font-weight:550; padding:.3rem 0 } summary .note { font-weight:400; margin-left:.5rem }
code,pre { font:0.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace }
pre { background:var(--card); border:1px solid var(--faint); border-radius:.6rem; padding:1rem; overflow-x:auto; margin:.5rem 0 }
footer { margin-top:3rem; color:var(--soft); font-size:.84rem; overflow-wrap:anywhere }
@media (prefers-color-scheme:dark) {
:root { --ink:#e6e8ec; --soft:#9aa3b2; --faint:#2b313b; --page:#14171c; --card:#1a1e25; --better:#3ccf9f; --worse:#f58a3c; color-scheme:dark }
figure svg > rect[fill="#ffffff"] { fill:transparent }
figure svg text[fill="#374151"] { fill:var(--ink) }
figure svg [stroke="#9ca3af"] { stroke:#6b7280 }
${darkFigures()}
}
@media print {
body { font-size:11pt; background:#fff } main { max-width:none; padding:0 }
h2 { break-after:avoid } figure,tr { break-inside:avoid } pre { white-space:pre-wrap }
}
`;
