/** Score, key figures, bars and charts. */
export const readings: string = `
.score { display: flex; align-items: flex-end; justify-content: space-between; gap: 12px; }
.score .reading { font-size: 60px; line-height: 1; font-weight: 300; letter-spacing: -.02em; }
.score .tenths { font-size: 30px; }
.reading .of { font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.score .condition { padding-bottom: 6px; font-size: 15px; }
.word { display: inline-block; padding: 0 7px; border-radius: 3px; font-size: .9em; font-weight: 600; white-space: nowrap; background: var(--sunken); color: var(--soft); }
.word.healthy, .word.success, .word.running { background: var(--good-ground); color: var(--good); }
.word.degraded, .word.recovered, .word.waiting, .word.warning { background: var(--warn-ground); color: var(--warn); }
.word.failing, .word.failure, .word.critical { background: var(--bad-ground); color: var(--bad); }
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
