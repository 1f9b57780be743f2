/** Light and dark colours; every pair of text and ground has a contrast of at least 4.5 to 1. */
const colours = `
:root {
  color-scheme: light dark;
  --ground: #f3f3ef;
  --panel: #fdfdfb;
  --sunken: #eeeeea;
  --ink: #1b2127;
  --soft: #56606b;
  --rule: #dbdbd4;
  --hair: #e8e8e2;
  --line: #2b5f8c;
  --area: #2b5f8c1f;
  --good: #1d6b45;
  --good-ground: #e0efe5;
  --warn: #815300;
  --warn-ground: #f7ebcf;
  --bad: #aa2720;
  --bad-ground: #f9e3e0;
  --took-1: #b9382f;
  --took-2: #c98a1b;
  --took-3: #7a6bb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1216;
    --panel: #151b21;
    --sunken: #10161b;
    --ink: #e3e8ec;
    --soft: #98a4b0;
    --rule: #2a333c;
    --hair: #202830;
    --line: #7fb4e0;
    --area: #7fb4e024;
    --good: #72c79a;
    --good-ground: #14302290;
    --warn: #e5b657;
    --warn-ground: #3a2d0f90;
    --bad: #ff8d83;
    --bad-ground: #43191690;
    --took-1: #e0665c;
    --took-2: #d6a13d;
    --took-3: #9c8fd0;
  }
}
`

/** Ground, head, sections, and their layout. */
const page = `
* { box-sizing: border-box; margin: 0; }
html { -webkit-text-size-adjust: 100%; }
body {
  background: var(--ground);
  color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; padding-top: 16px; padding-bottom: 12px; }
h1 { font-size: 16px; font-weight: 650; letter-spacing: .01em; }
h1 .service { margin-left: 8px; padding-left: 10px; border-left: 1px solid var(--rule); font-weight: 400; color: var(--soft); }
h2 { font-size: 15px; font-weight: 650; margin-bottom: 6px; }
h2 .count { margin-left: 4px; font-weight: 400; color: var(--soft); }
h3, .parts caption { font-size: 12px; font-weight: 600; color: var(--soft); text-align: left; }
nav { display: flex; gap: 16px; }
nav a, footer a { color: var(--soft); text-underline-offset: 3px; text-decoration-color: var(--rule); }
nav a:hover, footer a:hover { color: var(--ink); }
.moment { margin-left: auto; display: flex; align-items: center; gap: 10px; color: var(--soft); }
#connection { display: inline-flex; align-items: center; gap: 6px; }
#connection::before { content: ''; width: 8px; height: 8px; border-radius: 50%; border: 2px solid var(--soft); }
#connection.live { color: var(--good); font-weight: 600; }
#connection.live::before { background: var(--good); border-color: var(--good); }
#connection.reconnecting { color: var(--warn); font-weight: 600; }
#connection.reconnecting::before { border-color: var(--warn); }
main { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 14px; }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 14px 16px; min-width: 0; scroll-margin-top: 12px; }
#figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; padding: 0; background: var(--hair); overflow: hidden; }
#tools { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: end; gap: 8px 14px; }
#tools label { display: grid; gap: 2px; font-size: 12px; color: var(--soft); min-width: 0; }
#tools input, #tools select, #pause, .copy { font: inherit; font-size: 13px; color: var(--ink); padding: 5px 8px; min-height: 32px; max-width: 100%; border: 1px solid var(--soft); border-radius: 4px; background: var(--panel); }
#tools label:first-child { flex: 1 1 200px; }
#tools select { width: 16ch; }
#pause, .copy { cursor: pointer; }
#pause[aria-pressed=true] { background: var(--warn-ground); color: var(--warn); font-weight: 600; }
#found { color: var(--soft); font-size: 13px; min-width: 12ch; align-self: center; }
.copy { justify-self: start; }
td a, .run a { color: var(--line); }
[hidden] { display: none !important; }
#alerts, #running, #agents, #recent { grid-column: 1 / -1; }
footer { padding-top: 14px; padding-bottom: 28px; color: var(--soft); font-size: 13px; }
small, .note { font-size: 12.5px; color: var(--soft); font-weight: 400; }
code { font: 12.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.unseen, .scroll > table > caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--line); outline-offset: 2px; border-radius: 3px; }
.login { display: grid; min-height: 100vh; place-items: center; }
.login main { display: block; width: 100%; max-width: 360px; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 24px; }
.login form { display: grid; gap: 8px; margin-top: 14px; }
.login input, .login button { font: inherit; color: inherit; padding: 9px 10px; border: 1px solid var(--soft); border-radius: 4px; background: var(--ground); }
.login button { background: var(--line); border-color: var(--line); color: var(--panel); font-weight: 600; cursor: pointer; margin-top: 6px; }
.login p { font-size: 12.5px; color: var(--soft); }
.login .wrong { color: var(--bad); }
@media (max-width: 900px) { main { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  .login main { max-width: calc(100vw - 24px); }
  main { gap: 10px; }
  section { padding: 12px; }
  .moment { margin-left: 0; width: 100%; order: 1; }
  nav { order: 2; width: 100%; justify-content: space-between; }
  nav a { padding: 6px 0; }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
  .bar rect { transition: x .4s, width .4s; }
  .meter rect { transition: width .4s; }
}
`

/** Score, key figures, bars and charts. */
const readings = `
#health { display: flex; flex-direction: column; }
#health .chart { flex: 1; display: flex; flex-direction: column; }
#health .chart svg { flex: 1; min-height: 48px; max-height: 140px; height: auto; }
.score { display: flex; align-items: flex-end; justify-content: space-between; gap: 12px; }
.score .reading { font-size: 60px; line-height: 1; font-weight: 300; letter-spacing: -.02em; }
.score .tenths { font-size: 30px; }
.reading .of { font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.score .condition { padding-bottom: 6px; font-size: 15px; }
.word { display: inline-block; padding: 0 7px; border-radius: 3px; font-size: .9em; font-weight: 600; white-space: nowrap; background: var(--sunken); color: var(--soft); }
.word.healthy, .word.success, .word.running { background: var(--good-ground); color: var(--good); }
.word.degraded, .word.recovered, .word.waiting, .word.queued, .word.paused, .word.warning { background: var(--warn-ground); color: var(--warn); }
.word.failing, .word.failure, .word.stuck, .word.critical { background: var(--bad-ground); color: var(--bad); }
.bar { display: block; width: 100%; height: 10px; margin: 12px 0 8px; border-radius: 2px; background: var(--sunken); }
.bar .left { fill: var(--line); }
.bar .errorRate { fill: var(--took-1); }
.bar .p95 { fill: var(--took-2); }
.bar .resources { fill: var(--took-3); }
.reason { min-height: 1.45em; }
.swatch { display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 2px; }
.swatch.errorRate { background: var(--took-1); }
.swatch.p95 { background: var(--took-2); }
.swatch.resources { background: var(--took-3); }
.tile { background: var(--panel); padding: 12px 16px 10px; min-width: 0; display: flex; flex-direction: column; }
.tile > .reading { font-size: 28px; line-height: 1.25; font-weight: 400; letter-spacing: -.01em; }
.tile .chart { flex: 1; display: flex; flex-direction: column; margin-top: 8px; }
.tile .chart svg { flex: 1; min-height: 48px; height: auto; }
.chart { margin-top: 12px; }
.chart svg { display: block; width: 100%; height: 48px; overflow: visible; }
.chart path { vector-effect: non-scaling-stroke; fill: none; }
.chart .grid { stroke: var(--hair); stroke-width: 1; }
.chart .line { stroke: var(--line); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.chart .area { fill: var(--area); }
.range { margin-top: 3px; font-size: 12px; color: var(--soft); }
.resources { justify-content: flex-start; }
.meter { display: grid; grid-template-columns: 1fr auto; align-items: baseline; margin-top: 10px; }
.meter .reading { font-size: 20px; line-height: 1.2; }
.meter svg { grid-column: 1 / -1; display: block; width: 100%; height: 6px; margin-top: 4px; border-radius: 2px; }
.meter .rail { fill: var(--sunken); }
.meter .fill { fill: var(--line); }
.meter .fill.high { fill: var(--took-1); }
.meter .mark { stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
@media (max-width: 640px) {
  .tile { padding: 10px 12px; }
  .tile > .reading { font-size: 24px; }
}
@media (max-width: 420px) { #figures { grid-template-columns: minmax(0, 1fr); } }
@media (forced-colors: active) {
  .bar .left, .meter .fill { fill: CanvasText; }
  .chart .line { stroke: CanvasText; }
  .word { border: 1px solid; }
}
`

/** Tables; on a narrow screen each row becomes a block of labelled figures. */
const tables = `
table { width: 100%; border-collapse: collapse; }
th, td { padding: 5px 10px; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--hair); font-weight: 400; }
thead th { font-size: 12px; font-weight: 600; color: var(--soft); border-bottom-color: var(--rule); white-space: nowrap; }
tbody th { font-weight: 550; }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.scroll .number { width: 1%; padding-left: 18px; }
.scroll tbody th { min-width: 150px; }
.scroll td:not(.number, .wide) { min-width: 92px; }
@media (min-width: 1000px) { .scroll td.wide:has(.error) { min-width: 110px; } }
.trace { display: inline-block; max-width: 9ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.scroll.attempts { overflow: visible; }
.attempts tbody th { min-width: 0; width: 1%; white-space: nowrap; }
.attempts .wide, .attempts thead th:last-child { padding-left: 24px; }
.attempts .nth { display: none; }
.parts { margin-top: 8px; }
.parts caption { padding-bottom: 2px; }
.parts th, .parts td { padding-top: 3px; padding-bottom: 3px; }
.parts .notable td, .parts .notable th { font-weight: 650; }
#agents .notable th::after { content: 'below 80 %'; margin-left: 8px; padding: 0 6px; border-radius: 3px; font-size: 12px; font-weight: 600; background: var(--bad-ground); color: var(--bad); white-space: nowrap; }
@media (min-width: 641px) { .scroll tbody tr:hover { background: var(--sunken); } }
@media (max-width: 640px) {
  .scroll table, .scroll tbody { display: block; }
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .parts small { display: block; margin-left: 17px; }
  .scroll tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4px 10px; padding: 9px 0; border-bottom: 1px solid var(--hair); }
  .scroll tr:last-child { border-bottom: 0; }
  .scroll tbody th { grid-column: 1 / -1; padding: 0; border: 0; }
  .scroll td:not(.number, .wide) { min-width: 0; }
  .scroll td, .scroll .number, .attempts .wide { width: auto; padding: 0; border: 0; text-align: left; white-space: normal; }
  .scroll.agents tr { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .scroll .wide:has(.message) { grid-column: 1 / -1; }
  .attempts .nth { display: inline; }
  .scroll td::before { content: attr(data-label); display: block; font-size: 11.5px; color: var(--soft); }
}
`

/** Alerts and finished runs. */
const lists = `
ul, ol { list-style: none; padding: 0; }
.alerts { display: grid; grid-template-columns: auto 1fr auto; gap: 1px 20px; margin-top: 8px; }
.alerts li { grid-column: 1 / -1; display: grid; grid-template-columns: subgrid; row-gap: 2px; align-items: baseline; padding: 7px 0 7px 12px; border-left: 3px solid var(--rule); }
.alerts li.critical.firing { border-left-color: var(--bad); }
.alerts li.warning.firing { border-left-color: var(--warn); }
.alerts li.pending { border-left-style: dotted; }
.alerts a { margin-left: 6px; color: inherit; text-underline-offset: 3px; }
.recent { border-top: 1px solid var(--rule); }
.recent > li { border-bottom: 1px solid var(--hair); }
.recent > li:last-child { border-bottom: 0; }
summary, .heads { display: grid; grid-template-columns: 90px minmax(140px, 1fr) minmax(80px, 2fr) 90px 90px 70px; gap: 10px; align-items: baseline; padding: 5px 0 5px 20px; }
summary { position: relative; cursor: pointer; list-style: none; }
.heads { font-size: 12px; font-weight: 600; color: var(--soft); }
.heads span:nth-child(n + 4) { text-align: right; }
.label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ''; position: absolute; left: 5px; top: 11px; border: solid var(--soft); border-width: 0 1.5px 1.5px 0; width: 5px; height: 5px; transform: rotate(-45deg); }
details[open] > summary::before { transform: rotate(45deg); }
summary:hover { background: var(--sunken); }
summary .word { justify-self: start; }
summary .agent { font-weight: 550; }
summary .tries, summary .took, summary .ended { text-align: right; white-space: nowrap; }
summary .tries, summary .ended { color: var(--soft); }
.error { font: 12.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.why { color: var(--soft); overflow-wrap: anywhere; }
summary .why { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
details[open] > summary .why { display: none; }
.run { display: grid; gap: 6px; margin: 2px 0 10px 20px; padding: 10px 14px; background: var(--sunken); border-radius: 4px; }
.message { font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre-wrap; }
.attempts th, .attempts td { border-bottom-color: var(--rule); }
@media (max-width: 900px) { .alerts, .alerts li { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  summary { grid-template-columns: minmax(0, 1fr) auto auto; gap: 1px 10px; padding: 8px 0 8px 20px; }
  .heads { display: none; }
  .label { position: static; width: auto; height: auto; clip-path: none; }
  summary .agent { grid-column: 1; grid-row: 1; }
  summary .ended { grid-column: 2 / 4; grid-row: 1; }
  summary .word { grid-column: 1; grid-row: 2; }
  summary .tries { grid-column: 2; grid-row: 2; }
  summary .took { grid-column: 3; grid-row: 2; }
  summary .error { grid-column: 1 / -1; grid-row: 3; }
  summary .error:empty { display: none; }
  summary::before { top: 14px; }
  .run { margin-left: 0; padding: 10px; }
}
`

/** The page's style sheet, served unchanged. */
export const styleSheet: string = [colours, page, readings, tables, lists].join('\n')
